package pull

import (
	"slices"

	"github.com/karezflow/karez/sdk/fault"
)

// tooManyError says that a range has more rows than the source gives, or is longer than it takes.
type tooManyError struct{ cause error }

// Error implements error.
func (t *tooManyError) Error() string { return t.cause.Error() }

// Unwrap gives what the source said.
func (t *tooManyError) Unwrap() error { return t.cause }

// halved marks a failure of the source that a shorter range mends.
func (r *reader) halved(err error) error {
	if slices.Contains(r.job.Source.TooMany, fault.CodeOf(err)) {
		return &tooManyError{err}
	}
	return err
}
