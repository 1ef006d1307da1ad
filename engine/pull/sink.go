package pull

import (
	"context"
	"fmt"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/karezflow/karez/engine/failpoint"
	"github.com/karezflow/karez/engine/ledger"
	"github.com/karezflow/karez/engine/plan"
	"github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// sink turns fetched pages into commits.
type sink struct {
	*reader
	window ledger.Window
	hashes map[int64]bool
	group  *regrouper
}

func newSink(r *reader, w ledger.Window) *sink {
	s := &sink{reader: r, window: w, hashes: map[int64]bool{}}
	if r.job.Source.Regroup != nil {
		s.group = &regrouper{spec: *r.job.Source.Regroup, closed: map[string]bool{}}
	}
	return s
}

// seen reports whether the page's bytes came before in this reading.
func (s *sink) seen(p page) bool {
	if len(p.rows) == 0 {
		return false
	}
	before := s.hashes[p.hash]
	s.hashes[p.hash] = true
	return before
}

// commit stores what the page brought. last closes an open group. It fails with
// the fault codeUnordered, storing nothing, where the rows can't be regrouped.
func (s *sink) commit(ctx context.Context, p page, last bool) error {
	commit := ledger.PageCommit{
		Workspace: s.job.Workspace, Stream: s.stream.ID, Flow: s.job.Flow, Run: s.job.Run, Version: s.job.Version,
		Connection: s.job.Connection, Window: s.window.ID, Attempt: s.window.Attempt, PageNo: p.no,
		OnSeen: ledger.OnSeen(s.job.Source.OnSeen), BaseData: s.job.Source.BaseData, Hold: s.group != nil, Missed: s.kind == ledger.GapSweep,
		Restore: s.window.Kind == ledger.ByNumbers,
		Rows:    len(p.rows), Total: p.Total, BodyHash: p.hash, Priority: s.job.Priority, Now: s.now(),
	}
	var ordered bool
	if commit.Docs, commit.Dropped, ordered = s.documents(p, last); !ordered {
		return s.unordered()
	}
	result, err := s.Store.CommitPage(ctx, commit)
	if err != nil {
		return err
	}
	failpoint.Hit("after_page")
	s.report(Progress{Page: result, Rows: commit.Dropped + len(commit.Docs), Done: s.window.From.Time(), End: s.end})
	return nil
}

// documents gives what the ledger takes of a page and how many documents the
// source's conditions drop. last closes an open group. It is false when rows of one
// document do not stand together.
func (s *sink) documents(p page, last bool) (docs []ledger.Incoming, dropped int, ordered bool) {
	bodies := p.fresh()
	if s.group != nil {
		if bodies, ordered = s.group.add(bodies, last); !ordered {
			return nil, 0, false
		}
	}
	no := 0
	for _, body := range bodies {
		lines, f := s.lines(body)
		if f != nil {
			docs = append(docs, s.refuse(unidentified(body), p.no, no, f))
			no++
			continue
		}
		if len(lines) == 0 {
			dropped++
		}
		for _, line := range lines {
			in, keep := s.incoming(line, p.no, no)
			no++
			if !keep {
				dropped++
				continue
			}
			docs = append(docs, in)
		}
	}
	return docs, dropped, true
}

// lines gives the documents that a record becomes: itself, or one for each line of
// the list that the source explodes, none where it has no lines.
func (s *sink) lines(body []byte) ([][]byte, *fault.Fault) {
	explode := s.job.Source.Explode
	if explode == nil || item.Of(body).Kind() != item.Object {
		return [][]byte{body}, nil
	}
	lines, err := explode.Records(body)
	return lines, fault.From(err)
}

func unidentified(body []byte) ledger.Incoming {
	return ledger.Incoming{Body: body, SourceHash: int64(xxhash.Sum64(body))} //nolint:gosec // a hash has no sign
}

// incoming identifies a record. A record that can't be identified is stored as
// rejected under a key that names where it stood.
func (s *sink) incoming(body []byte, pageNo, row int) (ledger.Incoming, bool) {
	in := unidentified(body)
	doc := item.Of(body)
	if doc.Kind() != item.Object {
		return s.refuse(in, pageNo, row, fault.New("source.row_invalid", "the record is not a JSON object")), true
	}
	src := s.job.Source
	scope := src.Scope(s.window.From.Time(), s.window.To.Time(), s.job.Params, s.job.FlowID, s.job.RunID)
	opened := item.Of(src.Open(body))
	scope.Doc, scope.Source = opened, opened
	s.note(scope)
	if src.Keep != nil {
		keep, err := src.Keep.MatchScope(scope)
		if err != nil {
			return s.refuse(in, pageNo, row, fault.From(err)), true
		}
		if !keep {
			return in, false
		}
	}
	key, err := keyOf(src, scope)
	if err != nil {
		return s.refuse(in, pageNo, row, fault.From(err)), true
	}
	if strings.TrimSpace(key) == "" || len(key) > ledger.MaxKey {
		f := fault.New("source.key_invalid", "the key is empty")
		if key != "" {
			f = fault.New("source.key_invalid", "the key has %d bytes; at most %d are allowed", len(key), ledger.MaxKey)
		}
		return s.refuse(in, pageNo, row, f.Hinted("choose another key in the source node")), true
	}
	in.Key = key
	if f := src.Unfit(doc); f != nil {
		in.Problem = ledger.ProblemOf(f, s.stream.NodeID)
	}
	switch {
	case src.Number == nil:
	case src.Explode == nil && src.Number.String() == src.Key.String():
		in.Number = key
	default:
		in.Number, _ = src.Number.Text(scope) // a number is for searching: without it the document still goes
	}
	if src.Modified != nil {
		in.Modified = ledger.At(src.ModifiedAt(scope))
	}
	return in, true
}

// keyOf gives the document's key: the record's, and the line's behind it where lines
// are documents. One that lacks its part is blank.
func keyOf(src *plan.Source, scope *value.Scope) (string, error) {
	key, err := src.Key.Text(scope)
	if err != nil || src.Explode == nil || strings.TrimSpace(key) == "" {
		return key, err
	}
	line, err := src.Explode.Key.Text(scope)
	if err != nil || strings.TrimSpace(line) == "" {
		return "", err
	}
	return key + "#" + line, nil
}

func (s *sink) refuse(in ledger.Incoming, pageNo, row int, f *fault.Fault) ledger.Incoming {
	in.Key = fmt.Sprintf("!%d/%d/%d", s.window.ID, pageNo, row)
	in.Problem = ledger.ProblemOf(f, s.stream.NodeID)
	return in
}
