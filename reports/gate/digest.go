package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrOtherSuite means that samples were measured for another suite than they are to be judged by. What counts as a change
// is declared before it is measured, or it is chosen to fit.
var ErrOtherSuite = errors.New("measured for another suite")

// Digest tells suites apart by all that a verdict depends on: the cells, the limits, the numbers of the rule and its
// version.
func (s *Suite) Digest() string {
	text, err := json.Marshal(struct {
		Rule  int
		Plan  Plan
		Cells []Declared
	}{RuleVersion, s.Plan, s.Cells})
	if err != nil {
		panic(err) // numbers and words
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// meant says whether the samples were measured for this suite. Samples that do not say it come from a test.
func (s *Samples) meant(suite *Suite) error {
	if s.Digest == "" || s.Digest == suite.Digest() {
		return nil
	}
	return fmt.Errorf("%w: for %s (%s), and not for %s (%s) by rule %d", ErrOtherSuite, s.Suite, s.Digest, suite.Title(), suite.Digest(), RuleVersion)
}
