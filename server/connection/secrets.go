package connection

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
)

// Secrets are secret settings by key. However they are printed, logged or
// marshalled, only the keys show.
type Secrets map[string]string

func (s Secrets) keys() []string { return slices.Sorted(maps.Keys(s)) }

// Format implements fmt.Formatter for every verb.
func (s Secrets) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.keys()) }

// LogValue implements slog.LogValuer.
func (s Secrets) LogValue() slog.Value { return slog.AnyValue(s.keys()) }

// MarshalJSON implements json.Marshaler.
func (s Secrets) MarshalJSON() ([]byte, error) { return json.Marshal(s.keys()) }
