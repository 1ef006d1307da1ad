package connection

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
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

// place is where a connection's secret belongs.
func place(id ledger.ID, key string, revision int64) string {
	return Place{Table: "connection", Row: id, Field: key, Version: revision}.String()
}

// sealed is how secrets are stored: each by itself under its key.
type sealed map[string][]byte

// readSealed reads what is stored.
func readSealed(stored []byte) (sealed, error) {
	if len(stored) == 0 {
		return nil, nil
	}
	var out sealed
	if json.Unmarshal(stored, &out) != nil {
		return nil, fault.New("secret.unreadable", "the stored secrets of a connection can't be read").Classed(fault.Config).
			Hinted("enter the secrets again")
	}
	return out, nil
}

// secrets gives a connection's secrets: those it was given with, or the stored ones.
func (s *Service) secrets(c Connection) (Secrets, error) {
	if c.Secrets != nil {
		return c.Secrets, nil
	}
	stored, err := readSealed(c.Sealed)
	if err != nil || len(stored) == 0 {
		return nil, err
	}
	if s.Seal == nil {
		return nil, noKey()
	}
	out := Secrets{}
	for key, value := range stored {
		plain, err := s.Seal.Open(place(c.ID, key, c.SealedAt), value)
		if err != nil {
			return nil, fault.From(err).At("secrets." + key)
		}
		out[key] = string(plain)
	}
	return out, nil
}

// seal makes of a connection's secrets what is stored with its revision.
func (s *Service) seal(c Connection) (Connection, error) {
	c.Sealed, c.SealedAt = nil, c.Revision
	if len(c.Secrets) == 0 {
		return c, nil
	}
	if s.Seal == nil {
		return c, noKey()
	}
	out := sealed{}
	for key, value := range c.Secrets {
		out[key] = s.Seal.Close(place(c.ID, key, c.Revision), []byte(value))
	}
	var err error
	if c.Sealed, err = json.Marshal(out); err != nil {
		return c, fault.New("secret.unwritable", "the secrets can't be stored").Classed(fault.Internal)
	}
	return c, nil
}

func noKey() error {
	return fault.New("secret.no_key", "this program has no key for secrets").Classed(fault.Internal)
}
