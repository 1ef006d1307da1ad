package console

import (
	"slices"
	"strings"
	"sync"

	"github.com/karezflow/karez/sdk/fault"
)

// leastSecret is the length from which a secret is hidden: hiding "1" everywhere
// would spoil every text and protect nothing.
const leastSecret = 4

// Secrets hides the secret settings of a process's connections in what it prints
// and in its faults. A connector should never show one; this is the second wall. The zero
// value hides nothing.
type Secrets struct {
	mu       sync.Mutex
	values   []string
	replacer *strings.Replacer
}

// Add hides the values of settings from now on.
func (s *Secrets) Add(settings map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.values)
	for _, value := range settings {
		if len(value) >= leastSecret && !slices.Contains(s.values, value) {
			s.values = append(s.values, value)
		}
	}
	if len(s.values) == before {
		return
	}
	// The longest first, so that a secret within another does not leave the rest.
	slices.SortFunc(s.values, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(s.values))
	for _, value := range s.values {
		pairs = append(pairs, value, "***")
	}
	s.replacer = strings.NewReplacer(pairs...)
}

// Hide gives text with its secrets covered.
func (s *Secrets) Hide(text string) string {
	s.mu.Lock()
	replacer := s.replacer
	s.mu.Unlock()
	if replacer == nil {
		return text
	}
	return replacer.Replace(text)
}

// Redact hides the secrets in everything of f that people see.
func (s *Secrets) Redact(f *fault.Fault) *fault.Fault {
	message, hint := s.Hide(f.Message), s.Hide(f.Hint)
	args := map[string]string{}
	for name, value := range f.Args {
		if hidden := s.Hide(value); hidden != value {
			args[name] = hidden
		}
	}
	if answer := s.Hide(string(f.Answer())); answer != string(f.Answer()) {
		f = f.Answered([]byte(answer))
	}
	if message == f.Message && hint == f.Hint && len(args) == 0 {
		return f
	}
	clean := *f
	clean.Message, clean.Hint = message, hint
	// The cause may carry the same text.
	f = clean.Because(nil)
	for name, value := range args {
		f = f.Arg(name, value)
	}
	return f
}
