// Package lookup answers what programs ask of other documents and of code tables:
// many questions at once, from an index of the fields that published flows look
// into, with a cache in front.
//
// It may import engine/ledger and the sdk only: never a database, a session, a node
// or another engine package.
package lookup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// Store reads the index of look-ups and the code tables. Each method is one consistent read.
type Store interface {
	// LookupStream gives what the source node of a flow, named by its public id, is
	// indexed by; false when the workspace has no such flow or it was never published.
	LookupStream(ctx context.Context, workspace ledger.ID, flow, node string) (Stream, bool, error)
	// LookupRows gives, for the field with the number, the indexed rows of each of the
	// values (see Place), the newest document first.
	LookupRows(ctx context.Context, stream ledger.ID, field int, values []string) (map[string][][]byte, error)
	// CodeTable gives a table by its name; false when the workspace has none.
	CodeTable(ctx context.Context, workspace ledger.ID, name string) (Table, bool, error)
	// Codes gives the other sides of codes of a table: targets, or with reverse
	// sources in their order.
	Codes(ctx context.Context, table ledger.ID, reverse bool, codes []string) (map[string][]string, error)
}

// Stream is an indexed stream.
type Stream struct {
	ID ledger.ID
	// Version changes with every page that changes documents of the stream.
	Version int64
	// Fields are the numbers of the indexed paths; Building are the paths whose
	// documents of before are not all indexed yet.
	Fields   map[string]int
	Building []string
}

// Table is a code table. Its Version changes with its rows.
type Table struct {
	ID      ledger.ID
	Version int64
}

// Found is the answer to a look-up: the values, and what a document waits for that
// can't do without one.
type Found struct {
	Values []item.Value
	Wait   ledger.Wait
}

// Place gives the text under which a value is indexed: itself, or where it is too
// long for an index, its beginning and a hash.
func Place(value string) string {
	const most = ledger.MaxKey - 24 // a wait's value has the field's number before it
	if len(value) <= most {
		return value
	}
	sum := sha256.Sum256([]byte(value))
	hash := hex.EncodeToString(sum[:])
	return strings.ToValidUTF8(value[:most-len(hash)], "") + hash
}

// StreamPlace gives the Value of a ledger.StreamWait: what waits for documents whose
// field, by its number, has the value.
func StreamPlace(field int, value string) string { return strconv.Itoa(field) + ":" + Place(value) }

// Resolver answers look-ups. It is safe for concurrent use.
type Resolver struct{ store Store }

// New makes a Resolver.
func New(store Store) *Resolver { return &Resolver{store} }

// Answer answers look-ups of a workspace; the result has every one's key. Its error
// is the store's, or a *fault.Fault for the batch: "lookup.preparing", which passes,
// "lookup.stream_gone" or "lookup.table_gone".
func (r *Resolver) Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]Found, error) {
	out := make(map[string]Found, len(asked))
	streams, tables := map[string][]item.Lookup{}, map[tableSide][]item.Lookup{}
	for _, l := range asked {
		if l.Table != "" {
			side := tableSide{l.Table, l.Reverse}
			tables[side] = append(tables[side], l)
		} else {
			streams[l.From] = append(streams[l.From], l)
		}
	}
	for from, lookups := range streams {
		if err := r.stream(ctx, workspace, from, lookups, out); err != nil {
			return nil, err
		}
	}
	for side, lookups := range tables {
		if err := r.table(ctx, workspace, side, lookups, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

type tableSide struct {
	name    string
	reverse bool
}

// stream answers look-ups into one stream: by the first condition of each the rows
// are found, by the others they are sifted.
func (r *Resolver) stream(ctx context.Context, workspace ledger.ID, from string, lookups []item.Lookup, out map[string]Found) error {
	flow, node, _ := strings.Cut(from, ".")
	s, ok, err := r.store.LookupStream(ctx, workspace, flow, node)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New("lookup.stream_gone", "the flow or source %s that is looked into does not exist", from).Classed(fault.Transient).
			Hinted("publish the flow that is looked into, or name another one")
	}
	byField := map[int][]item.Lookup{}
	for _, l := range lookups {
		if !s.ready(l) {
			return preparing(from)
		}
		field := s.Fields[l.Where[0].Path]
		byField[field] = append(byField[field], l)
	}
	for field, lookups := range byField {
		if err := r.byField(ctx, s, field, lookups, out); err != nil {
			return err
		}
	}
	return nil
}

// ready reports whether everything that a look-up reads is indexed.
func (s *Stream) ready(l item.Lookup) bool {
	lacks := func(path string) bool {
		_, indexed := s.Fields[path]
		return !indexed || slices.Contains(s.Building, path)
	}
	return !lacks(l.Find) && !slices.ContainsFunc(l.Where, func(w item.Equal) bool { return lacks(w.Path) })
}

// byField answers look-ups whose first condition is on the same field.
func (r *Resolver) byField(ctx context.Context, s Stream, field int, lookups []item.Lookup, out map[string]Found) error {
	places := make([]string, len(lookups))
	for i, l := range lookups {
		places[i] = Place(l.Where[0].Value)
	}
	slices.Sort(places)
	rows, err := r.store.LookupRows(ctx, s.ID, field, slices.Compact(places))
	if err != nil {
		return err
	}
	for _, l := range lookups {
		value := l.Where[0].Value
		found := Found{Wait: ledger.Wait{Kind: ledger.StreamWait, Ref: s.ID, Value: StreamPlace(field, value), Version: s.Version}}
		for _, row := range rows[Place(value)] {
			if v, ok := Match(item.Of(row), l.Where, l.Find); ok {
				found.Values = append(found.Values, v)
			}
		}
		out[l.Key()] = found
	}
	return nil
}

func preparing(from string) *fault.Fault {
	return fault.New("lookup.preparing", "the documents of %s are still being indexed for look-ups", from).Classed(fault.Transient).
		Hinted("it goes on by itself when the index is ready")
}

// table answers look-ups into one side of a code table.
func (r *Resolver) table(ctx context.Context, workspace ledger.ID, side tableSide, lookups []item.Lookup, out map[string]Found) error {
	t, ok, err := r.store.CodeTable(ctx, workspace, side.name)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New("lookup.table_gone", "there is no code table %s", side.name).Classed(fault.Config).Arg("table", side.name).
			Hinted("create the code table, or name another one in the mapping")
	}
	codes := make([]string, 0, len(lookups))
	for _, l := range lookups {
		codes = append(codes, l.Where[0].Value)
	}
	rows, err := r.store.Codes(ctx, t.ID, side.reverse, codes)
	if err != nil {
		return err
	}
	for _, l := range lookups {
		code := l.Where[0].Value
		found := Found{Wait: ledger.Wait{Kind: ledger.CodeWait, Ref: t.ID, Value: CodePlace(code, side.reverse), Version: t.Version}}
		for _, other := range rows[code] {
			found.Values = append(found.Values, item.Of(item.AppendText(nil, other)))
		}
		out[l.Key()] = found
	}
	return nil
}

// CodePlace gives the Value of a ledger.CodeWait: the code, with a mark where it is
// the target side that lacks it.
func CodePlace(code string, reverse bool) string {
	if reverse {
		return ReverseMark + Place(code)
	}
	return Place(code)
}

// ReverseMark begins the Value of a ledger.CodeWait for a code of the target side.
const ReverseMark = "\x01"
