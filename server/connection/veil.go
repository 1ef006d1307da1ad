package connection

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
)

// leastVeiled is the length from which a secret is covered: covering "1" everywhere would
// spoil every text and protect nothing.
const leastVeiled = 4

// cover is what stands in the place of a secret.
const cover = "***"

// Veil gives a text in which the secrets of a connection are covered, as they are, inside
// JSON and inside addresses, and whether there was one. A connection that is not there any
// more has none.
func (s *Service) Veil(ctx context.Context, workspace ledger.ID, name string, text []byte) ([]byte, bool, error) {
	c, err := s.find(ctx, workspace, name)
	if fault.CodeOf(err) == "connection.unknown" || errors.Is(err, ledger.ErrNotFound) {
		return text, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	secrets, err := s.secrets(c)
	if err != nil {
		return nil, false, err
	}
	covered := text
	for _, form := range forms(secrets) {
		covered = bytes.ReplaceAll(covered, []byte(form), []byte(cover))
	}
	return covered, !bytes.Equal(covered, text), nil
}

// forms gives how secrets may be written, the longest first, so that a secret within
// another does not leave the rest.
func forms(secrets Secrets) []string {
	all := map[string]bool{}
	for _, value := range secrets {
		if len(value) < leastVeiled {
			continue
		}
		all[value], all[url.QueryEscape(value)], all[url.PathEscape(value)] = true, true, true
		var plain bytes.Buffer
		for _, html := range []bool{true, false} {
			plain.Reset()
			encoder := json.NewEncoder(&plain)
			encoder.SetEscapeHTML(html)
			if encoder.Encode(value) == nil {
				quoted := bytes.TrimSpace(plain.Bytes())
				all[string(quoted[1:len(quoted)-1])] = true
			}
		}
	}
	return slices.SortedFunc(maps.Keys(all), func(a, b string) int { return len(b) - len(a) })
}
