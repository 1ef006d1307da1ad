package lookup

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// codePreparing is the code of what passes when the index is ready.
const codePreparing = "lookup.preparing"

// Resolver answers look-ups. It keeps what it read, by the version of what it read
// from, up to some size. It is safe for concurrent use.
type Resolver struct {
	store Store
	kept  *cache
}

// cacheSize is how many bytes a Resolver keeps.
const cacheSize = 16 << 20

// New makes a Resolver.
func New(store Store) *Resolver { return &Resolver{store, newCache(cacheSize)} }

// Answer answers look-ups of a workspace; the result has every one's key. Its error
// is the store's, or a *fault.Fault for the batch: "lookup.preparing", which passes,
// "lookup.stream_gone" or "lookup.table_gone".
func (r *Resolver) Answer(ctx context.Context, workspace ledger.ID, asked []item.Lookup) (map[string]Found, error) {
	out := make(map[string]Found, len(asked))
	streams, tables := map[string][]item.Lookup{}, map[tableSide][]item.Lookup{}
	for _, l := range asked {
		switch {
		case len(l.Where) == 0:
			out[l.Key()] = Found{}
		case l.Table != "":
			side := tableSide{l.Table, l.Reverse}
			tables[side] = append(tables[side], l)
		default:
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

// stream answers look-ups into one stream: by one condition of each the rows are
// found, by the others they are sifted.
func (r *Resolver) stream(ctx context.Context, workspace ledger.ID, from string, lookups []item.Lookup, out map[string]Found) error {
	s, err := r.indexed(ctx, workspace, from, lookups)
	if err != nil {
		return err
	}
	byField := map[int][]chosen{}
	for _, alike := range shapes(lookups) {
		at, err := r.choose(ctx, s, alike)
		if err != nil {
			return err
		}
		for _, l := range alike {
			field := s.Fields[l.Where[at].Path]
			byField[field] = append(byField[field], chosen{l, Place(l.Where[at].Value)})
		}
	}
	for field, lookups := range byField {
		rows, err := r.rows(ctx, s, field, lookups)
		if err != nil {
			return err
		}
		for _, l := range lookups {
			found := Found{Wait: ledger.Wait{Kind: ledger.StreamWait, Ref: s.ID, Value: StreamPlace(field, l.place), Version: s.Version}}
			for _, row := range rows[l.place] {
				if v, ok := Match(item.Of(row), l.Where, l.Find); ok {
					found.Values = append(found.Values, v)
				}
			}
			out[l.Key()] = found
		}
	}
	return nil
}

// chosen is a look-up with the place by which its rows are found.
type chosen struct {
	item.Lookup

	place string
}

// indexed gives the stream, which is indexed by all that the look-ups name.
func (r *Resolver) indexed(ctx context.Context, workspace ledger.ID, from string, lookups []item.Lookup) (Stream, error) {
	flow, node, _ := strings.Cut(from, ".")
	s, ok, err := r.store.LookupStream(ctx, workspace, flow, node)
	if err != nil {
		return s, err
	}
	if !ok {
		return s, fault.New("lookup.stream_gone", "the flow or source %s that is looked into does not exist", from).Classed(fault.Transient).
			Hinted("publish the flow that is looked into, or name another one")
	}
	has := func(path string) bool {
		_, indexed := s.Fields[path]
		return indexed && !slices.Contains(s.Building, path)
	}
	for _, l := range lookups {
		lacks := l.Find != "" && !has(l.Find)
		for _, w := range l.Where {
			lacks = lacks || !has(w.Path)
		}
		if lacks {
			return s, fault.New(codePreparing, "the documents of %s are still being indexed for look-ups", from).Classed(fault.Transient).
				Hinted("it goes on by itself when the index is ready")
		}
	}
	return s, nil
}

// shapes groups look-ups whose conditions are on the same paths.
func shapes(lookups []item.Lookup) map[string][]item.Lookup {
	out := map[string][]item.Lookup{}
	for _, l := range lookups {
		var shape strings.Builder
		for _, w := range l.Where {
			shape.WriteString(w.Path)
			shape.WriteByte(0)
		}
		out[shape.String()] = append(out[shape.String()], l)
	}
	return out
}

// choose gives the condition by which few rows are found: the one whose values differ
// most between look-ups of the same shape, or, where that says nothing, which has the
// fewest rows. Its value is what is waited for, so that not every document of an
// organisation wakes who waits for one of them.
func (r *Resolver) choose(ctx context.Context, s Stream, alike []item.Lookup) (int, error) {
	most, best := 0, []int(nil)
	for at := range alike[0].Where {
		values := map[string]bool{}
		for _, l := range alike {
			values[l.Where[at].Value] = true
		}
		switch n := len(values); {
		case n > most:
			most, best = n, []int{at}
		case n == most:
			best = append(best, at)
		}
	}
	if len(best) == 1 {
		return best[0], nil
	}
	fewest, found := best[0], manyRows+1
	for _, at := range best {
		w := alike[0].Where[at]
		n, err := r.store.LookupCount(ctx, s.ID, s.Fields[w.Path], Place(w.Value), manyRows)
		if err != nil {
			return 0, err
		}
		if n < found {
			fewest, found = at, n
		}
	}
	return fewest, nil
}

// manyRows is where counting rows ends.
const manyRows = 100

// rows gives the rows of places, those that are not kept in one read.
func (r *Resolver) rows(ctx context.Context, s Stream, field int, lookups []chosen) (map[string][][]byte, error) {
	out := make(map[string][][]byte, len(lookups))
	var wanted []string
	for _, l := range lookups {
		if _, asked := out[l.place]; asked {
			continue
		}
		rows, kept := r.kept.get(cacheKey{s.ID, s.Version, field, l.place})
		if out[l.place] = rows; !kept {
			wanted = append(wanted, l.place)
		}
	}
	if len(wanted) == 0 {
		return out, nil
	}
	read, err := r.store.LookupRows(ctx, s.ID, field, wanted)
	if err != nil {
		return nil, err
	}
	for _, place := range wanted {
		out[place] = read[place]
		r.kept.put(cacheKey{s.ID, s.Version, field, place}, read[place])
	}
	return out, nil
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
	field := sourceSide
	if side.reverse {
		field = targetSide
	}
	rows := make(map[string][][]byte, len(lookups))
	var wanted []string
	for _, l := range lookups {
		code := l.Where[0].Value
		if _, asked := rows[code]; asked {
			continue
		}
		others, kept := r.kept.get(cacheKey{t.ID, t.Version, field, code})
		if rows[code] = others; !kept {
			wanted = append(wanted, code)
		}
	}
	if err := r.codes(ctx, t, field, wanted, rows); err != nil {
		return err
	}
	for _, l := range lookups {
		code := l.Where[0].Value
		found := Found{Wait: ledger.Wait{Kind: ledger.CodeWait, Ref: t.ID, Value: CodePlace(code, side.reverse), Version: t.Version}}
		for _, other := range rows[code] {
			found.Values = append(found.Values, item.Of(other))
		}
		out[l.Key()] = found
	}
	return nil
}

// The sides of a code table, as fields of what is kept.
const (
	sourceSide = -1
	targetSide = -2
)

// codes reads codes of a table into rows, as JSON texts.
func (r *Resolver) codes(ctx context.Context, t Table, field int, wanted []string, rows map[string][][]byte) error {
	if len(wanted) == 0 {
		return nil
	}
	read, err := r.store.Codes(ctx, t.ID, field == targetSide, wanted)
	if err != nil {
		return err
	}
	for _, code := range wanted {
		var others [][]byte
		for _, other := range read[code] {
			others = append(others, item.AppendText(nil, other))
		}
		rows[code] = others
		r.kept.put(cacheKey{t.ID, t.Version, field, code}, others)
	}
	return nil
}
