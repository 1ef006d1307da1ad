package dryrun

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/access"
)

// mostListed is how many documents a page has at most.
const mostListed = 100

// shown is a copy that others may keep.
func (r *run) shown() Summary {
	out := r.Summary
	out.Verdicts = maps.Clone(r.Verdicts)
	return out
}

// find gives a dry run of the caller's workspace; the lock is held.
func (s *Service) find(ctx context.Context, action access.Action, id string) (*run, error) {
	caller, err := access.Here(ctx, action)
	if err != nil {
		return nil, err
	}
	s.forget()
	for _, r := range s.runs {
		if r.ID == id && r.workspace == caller.Workspace {
			return r, nil
		}
	}
	return nil, access.Missing()
}

// List gives the dry runs of a flow that are kept, the newest first.
func (s *Service) List(ctx context.Context, flowID string) ([]Summary, error) {
	caller, err := access.Here(ctx, access.Read)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget()
	var out []Summary
	for _, r := range slices.Backward(s.runs) {
		if r.workspace == caller.Workspace && r.Flow == flowID {
			out = append(out, r.shown())
		}
	}
	return out, nil
}

// Get gives a dry run.
func (s *Service) Get(ctx context.Context, id string) (Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(ctx, access.Read, id)
	if err != nil {
		return Summary{}, err
	}
	return r.shown(), nil
}

// Cancel ends a dry run early; what it has seen stays. One that is over is left alone.
func (s *Service) Cancel(ctx context.Context, id string) (Summary, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(ctx, access.Edit, id)
	if err != nil {
		return Summary{}, err
	}
	if r.State == Running {
		r.State = Cancelled
		r.cancel()
	}
	return r.shown(), nil
}

// Documents gives documents behind a number, of one verdict or with "" of all, and
// whether there are more.
func (s *Service) Documents(ctx context.Context, id string, verdict Verdict, after, limit int) ([]Document, bool, error) {
	if limit < 1 || limit > mostListed {
		limit = mostListed
	}
	return s.documents(ctx, id, verdict, after, limit)
}

func (s *Service) documents(ctx context.Context, id string, verdict Verdict, after, limit int) ([]Document, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(ctx, access.Read, id)
	if err != nil {
		return nil, false, err
	}
	var out []Document
	for _, d := range r.documents[min(max(after, 0), len(r.documents)):] {
		if verdict != "" && d.Verdict != verdict {
			continue
		}
		if len(out) == limit {
			return out, true, nil
		}
		out = append(out, d)
	}
	return out, false, nil
}

// Export writes the documents as a table, a row a write. headings and say put it into
// the reader's language.
func (s *Service) Export(ctx context.Context, id string, verdict Verdict, format spreadsheet.Format, headings []string, say func(*fault.Fault) string, word func(Verdict) string, out io.Writer) error {
	documents, _, err := s.documents(ctx, id, verdict, 0, MostCount)
	if err != nil {
		return err
	}
	if format != spreadsheet.XLSX && format != spreadsheet.CSV {
		return fault.New("dryrun.format_unknown", "%s is no format of files", format).At("format").Classed(fault.Data).Hinted("write xlsx or csv")
	}
	w, err := spreadsheet.NewWriter(out, spreadsheet.WriteOptions{Format: format, Heading: true, Foreign: true, Widths: []float64{6, 24, 24, 10, 24, 48, 24, 16, 16, 24, 60, 60, 60}})
	if err != nil {
		return err
	}
	if err := w.Write(headings...); err != nil {
		return err
	}
	for _, d := range documents {
		writes := d.Writes
		if len(writes) == 0 {
			writes = []Write{{Node: d.Node, Verdict: d.Verdict, Fault: d.Fault}}
		}
		for _, one := range writes {
			f := one.Fault
			if f == nil {
				f = d.Fault
			}
			code, sentence, path := "", "", ""
			if f != nil {
				code, sentence, path = f.Code, say(f), f.Path
			}
			if err := w.Write(strconv.Itoa(d.No), d.Key, d.Number, word(one.Verdict), code, sentence, path, one.Node, one.Operation, one.Key,
				cell(d.Source), cell(one.Request), cell(one.Existing)); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

// mostCell is how many characters a cell of a workbook takes.
const mostCell = 32_000

func cell(raw json.RawMessage) string {
	text := []rune(string(raw))
	if len(text) > mostCell {
		return string(text[:mostCell]) + "…"
	}
	return string(text)
}
