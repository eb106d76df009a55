package record

import "encoding/json"

// A List is one value or several. One alone is written as itself, as it was before there could be more.
type List[T int | int64] []T

// MarshalJSON implements json.Marshaler.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]T(l))
}

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	var one T
	if json.Unmarshal(data, &one) == nil {
		*l = List[T]{one}
		return nil
	}
	return json.Unmarshal(data, (*[]T)(l))
}
