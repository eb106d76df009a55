package record

import "encoding/json"

// Numbers is a list of numbers. One alone is written as itself, as it was before there were lists.
type Numbers []int

// MarshalJSON implements json.Marshaler.
func (n Numbers) MarshalJSON() ([]byte, error) {
	if len(n) == 1 {
		return json.Marshal(n[0])
	}
	return json.Marshal([]int(n))
}

// UnmarshalJSON implements json.Unmarshaler.
func (n *Numbers) UnmarshalJSON(data []byte) error {
	var one int
	if json.Unmarshal(data, &one) == nil {
		*n = Numbers{one}
		return nil
	}
	return json.Unmarshal(data, (*[]int)(n))
}
