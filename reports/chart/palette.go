package chart

// LookOf is the look of a policy, the same in every chart and table of every report: a colour, and a dash and a shape that
// tell apart those who share it.
func LookOf(policy string) Look { return ByPlace }
