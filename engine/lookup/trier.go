package lookup

import (
	"context"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Documents reads streams without their index.
type Documents interface {
	// LookupStream is that of Store.
	LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (Stream, bool, error)
	// StreamDocuments gives the newest revisions of a stream's documents, the newest
	// first; false where there are more than most, which are not read then.
	StreamDocuments(ctx context.Context, stream ledger.ID, most int) ([][]byte, bool, error)
}

// Trier answers look-ups for who tries a text out: what no published flow looks for,
// and so is not indexed, it looks for in the documents themselves, where these are few.
type Trier struct {
	answers   Answerer
	documents Documents
}

// mostTried is how many documents of a stream are looked through.
const mostTried = 5000

// NewTrier makes a Trier that lets others answer what they can.
func NewTrier(answers Answerer, documents Documents) *Trier { return &Trier{answers, documents} }

// Answer implements Answerer. Its error is a *fault.Fault as that of a Resolver, or the store's.
func (t *Trier) Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]Found, error) {
	out := make(map[string]Found, len(asked))
	read := map[string][][]byte{}
	for _, l := range asked {
		found, err := t.answers.Answer(ctx, workspace, []item.Lookup{l})
		if fault.CodeOf(err) == codePreparing {
			if out[l.Key()], err = t.search(ctx, workspace, l, read); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		out[l.Key()] = found[l.Key()]
	}
	return out, nil
}

// search looks for a look-up in the documents of its stream; read are those that were read before.
func (t *Trier) search(ctx context.Context, workspace ledger.ID, l item.Lookup, read map[string][][]byte) (Found, error) {
	docs, known := read[l.From]
	if !known {
		flow, node, _ := strings.Cut(l.From, ".")
		s, _, err := t.documents.LookupStream(ctx, workspace, flow, node)
		if err != nil {
			return Found{}, err
		}
		var all bool
		if docs, all, err = t.documents.StreamDocuments(ctx, s.ID, mostTried); err != nil {
			return Found{}, err
		}
		if !all {
			return Found{}, fault.New("lookup.untried", "%s has too many documents to look through without an index", l.From).Classed(fault.Transient).
				Hinted("publish the flow: then the fields are indexed, and this can be tried")
		}
		read[l.From] = docs
	}
	var found Found
	for _, doc := range docs {
		if v, ok := Match(item.Of(doc), l.Where, l.Find); ok {
			found.Values = append(found.Values, v)
		}
	}
	return found, nil
}
