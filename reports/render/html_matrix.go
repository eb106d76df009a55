package render

// matrixView is a table of signs and words in which each cell leads to what was seen: policies × hazards, or scenarios × kernels.
type matrixView struct {
	Label        string // of its region
	Title, About string
	Corner       string // what the rows are
	Spans        []spanView
	Columns      []headView
	Groups       []rowGroup
}

// maxEasy is how many columns stand side by side with room to spare: as many as there are hazards. Twice as many just fit on
// paper.
const maxEasy = 9

// Size is the class of a matrix that needs other room than the hazards do: few columns need not fill the page, many have to be
// narrow, and most do not fit on paper unless words are broken.
func (v *matrixView) Size() string {
	switch n := len(v.Columns); {
	case n < maxEasy/2:
		return "few"
	case n <= maxEasy:
		return ""
	case n <= 2*maxEasy:
		return "many"
	}
	return "many most"
}

// spanView is a heading above some of the columns.
type spanView struct {
	Title string
	N     int
	Edge  bool // it is set apart from what stands before
}

// headView is the head of a column. Full is its name where nothing stands above it; empty if that is Name.
type headView struct {
	Name, About, Full string
	Edge              bool // as that of a span
}

// rowGroup is some of the rows; Title is empty if it is all of them.
type rowGroup struct {
	Title string
	Rows  []matrixRow
}

type matrixRow struct {
	Name, ID, About string
	Look            string // of the policy that Name is; empty if it is none
	Summary         string
	Steps           []string // what is done in it
	Cells           []matrixCell
	Findings        []findingView
}

// matrixCell says the same three times: by a sign, by a word, and by its colour.
type matrixCell struct {
	Of                string // the column
	Class, Sign, Word string
	Brief             string
	Loud              string // what is not as one may think
	Edge              bool   // it is set apart from what stands before
	Href              string // of what was seen; empty if there is nothing
	Text              string
}

// findingView is what was seen behind a cell, or behind several that are alike.
type findingView struct {
	ID          string
	Class, Sign string
	Head, Text  string
	Quiet       bool     // it is nothing to tell of where there is little room
	Each        []string // what differs between the cells
	Stalls      []stallView
	Log         []string
	Replay      string
	Stories     []storyView
}

type storyView struct {
	Href, Title, Steps, Replay string
	Told                       bool // it stands above, below another hazard
	Open                       bool // it is seen at once by who looks at the hazard
}

// stallView is somebody who waits, and the kernel functions in which they do, the innermost first.
type stallView struct {
	Text  string
	Stack []string
}

// addSpan counts one more column below a heading.
func addSpan(spans []spanView, title string) []spanView {
	if last := len(spans) - 1; last >= 0 && spans[last].Title == title {
		spans[last].N++
		return spans
	}
	return append(spans, spanView{Title: title, N: 1})
}

// rows are those of all groups.
func (v *matrixView) rows() (list []matrixRow) {
	for _, g := range v.Groups {
		list = append(list, g.Rows...)
	}
	return list
}
