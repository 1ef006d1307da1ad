// Package exports gives the documents of the ledger as a file: an XLSX workbook or CSV.
//
// It may import huma, server/api/bulkjobs, server/api/problem, server/api/rest,
// server/document, sdk/spreadsheet and sdk/fault: never another service, a store or gin.
package exports

import (
	"cmp"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/spreadsheet"
	"github.com/karezflow/karez/server/api/bulkjobs"
	"github.com/karezflow/karez/server/api/problem"
	"github.com/karezflow/karez/server/api/rest"
	"github.com/karezflow/karez/server/document"
)

const (
	// MaxRows is how many documents a file holds: a workbook's sheet has room for few more.
	MaxRows = 1_000_000
	// atOnce is how many files are made at a time; who comes next waits.
	atOnce = 2
)

// Documents lists the documents of the caller's workspace.
type Documents interface {
	List(ctx context.Context, f document.Filter) (document.Page, error)
}

type exportInput struct {
	bulkjobs.DocumentFilter

	Format string   `query:"format" enum:"xlsx,csv" default:"xlsx"`
	Fields []string `query:"fields" maxItems:"40" doc:"Paths of the source payload, which are columns behind the others"`
	Zone   string   `query:"timeZone" default:"UTC" doc:"The IANA name of the zone that times are written in"`
}

// Titles gives what the fields of a flow's documents are called, by their paths. What it does
// not know is called by its path.
type Titles func(ctx context.Context, flow string, chinese bool) map[string]string

type server struct {
	*rest.Kit

	documents Documents
	titles    Titles
	turns     chan struct{}
	most      int
}

// Routes adds the operation.
func Routes(api huma.API, kit *rest.Kit, documents Documents, titles Titles) {
	routes(api, kit, documents, titles, MaxRows)
}

func routes(api huma.API, kit *rest.Kit, documents Documents, titles Titles, most int) {
	s := &server{kit, documents, titles, make(chan struct{}, atOnce), most}
	op := rest.Op(http.MethodGet, "/documents/export", "exportDocuments", "The documents of a filter as a file, the newest first", 0)
	op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}}
	huma.Register(api, op, rest.Handle(kit, s.export))
}

// export makes the whole file first, so that nobody gets half of one and takes it for all.
func (s *server) export(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	zone, err := time.LoadLocation(in.Zone)
	if err != nil || in.Zone == "Local" {
		return nil, fault.New("document.filter_unknown", "%q is no time zone", in.Zone).At("timeZone").Hinted("name one as Asia/Shanghai").Arg("value", in.Zone).Classed(fault.Config)
	}
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	file, err := os.CreateTemp("", "karez-export-*")
	if err != nil {
		return nil, err
	}
	discard := func() error { return errors.Join(file.Close(), os.Remove(file.Name())) }
	size := int64(0)
	if err = s.write(ctx, file, in, zone); err == nil {
		if size, err = file.Seek(0, io.SeekCurrent); err == nil {
			_, err = file.Seek(0, io.SeekStart)
		}
	}
	if err != nil {
		return nil, errors.Join(err, discard())
	}
	return &huma.StreamResponse{Body: func(out huma.Context) {
		defer func() { _ = discard() }() // a temporary file more harms nobody
		out.SetHeader("Content-Type", kind(spreadsheet.Format(in.Format)))
		out.SetHeader("Content-Length", strconv.FormatInt(size, 10))
		out.SetHeader("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": "documents." + in.Format}))
		_, _ = io.Copy(out.BodyWriter(), file) // a client that went away is nobody's fault
	}}, nil
}

func kind(of spreadsheet.Format) string {
	if of == spreadsheet.CSV {
		return "text/csv; charset=utf-8"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}

func (s *server) write(ctx context.Context, file io.Writer, in *exportInput, zone *time.Location) error {
	t := &table{format: spreadsheet.Format(in.Format), zone: zone, language: rest.AboutOf(ctx).Language, words: s.Words}
	if len(in.Fields) > 0 {
		titles := map[string]string{}
		if in.Flow != "" {
			titles = s.titles(ctx, in.Flow, t.language == problem.Chinese)
		}
		for _, path := range in.Fields {
			t.fields = append(t.fields, cmp.Or(titles[path], path))
		}
	}
	w, err := t.open(file)
	if err != nil {
		return err
	}
	f, rows := in.Filter(), 0
	f.Fields = in.Fields
	for f.Limit = document.MaxLimit; ; {
		page, err := s.documents.List(ctx, f)
		if err != nil {
			return err
		}
		if rows += len(page.Items); rows > s.most {
			return fault.New("export.too_long", "the filter selects more than %d documents, which is more than a sheet holds", s.most).
				Hinted("export one flow, or a shorter time").Arg("most", strconv.Itoa(s.most)).Classed(fault.Config)
		}
		for _, d := range page.Items {
			if err := w.Write(t.row(d)...); err != nil {
				return err
			}
		}
		if f.After = page.Next; f.After == "" {
			return w.Close()
		}
	}
}

// table is how a file says what a document is.
type table struct {
	format   spreadsheet.Format
	zone     *time.Location
	language string
	words    *problem.Words
	// fields are the titles of the business fields behind the other columns.
	fields []string
}

// pick gives the text of the reader's language.
func (t *table) pick(of [2]string) string {
	if t.language == problem.Chinese {
		return of[0]
	}
	return of[1]
}

func (t *table) open(file io.Writer) (*spreadsheet.Writer, error) {
	columns := []struct {
		title [2]string
		width float64
	}{
		{[2]string{"单号", "Number"}, 24},
		{[2]string{"方案", "Flow"}, 28},
		{[2]string{"状态", "State"}, 12},
		{[2]string{"原因", "Reason"}, 50},
		{[2]string{"原因代码", "Code"}, 24},
		{[2]string{"目标单号", "Target number"}, 24},
		{[2]string{"需要关注", "Attention"}, 16},
		{[2]string{"主键", "Key"}, 24},
		{[2]string{"版次", "Revision"}, 8},
		{[2]string{"更新时间", "Changed"}, 20},
		{[2]string{"运行", "Run"}, 10},
		{[2]string{"编号", "Id"}, 12},
	}
	options := spreadsheet.WriteOptions{Format: t.format, Sheet: t.pick([2]string{"单据台账", "Documents"}), Heading: true, Foreign: true}
	heading := make([]string, 0, len(columns)+len(t.fields))
	for _, c := range columns {
		heading, options.Widths = append(heading, t.pick(c.title)), append(options.Widths, c.width)
	}
	for _, title := range t.fields {
		heading, options.Widths = append(heading, title), append(options.Widths, 20)
	}
	w, err := spreadsheet.NewWriter(file, options)
	if err != nil {
		return nil, err
	}
	return w, w.Write(heading...)
}

func (t *table) row(d document.Summary) []string {
	reason, _ := t.words.Say(t.language, d.Code, d.Message, "", d.Args)
	attention := ""
	for _, mark := range d.Attention {
		if attention != "" {
			attention += t.pick([2]string{"、", ", "})
		}
		attention += t.pick(named(marks(), mark))
	}
	changed := ""
	if d.Updated != 0 {
		changed = d.Updated.Time().In(t.zone).Format(time.DateTime)
	}
	row := []string{
		d.Number, d.FlowTitle, t.pick(named(states(), d.State)), reason, d.Code, d.TargetNumber, attention, d.Key,
		strconv.Itoa(d.Rev), changed, rest.IDText(d.Run), rest.IDText(d.ID),
	}
	values := make([]string, len(t.fields)) // empty where the payload was removed
	copy(values, d.Values)
	return append(row, values...)
}
