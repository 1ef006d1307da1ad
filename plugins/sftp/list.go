package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/rows"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// maxListed is the most entries of a folder.
const maxListed = 100_000

// search is what a query asks for.
type search struct {
	folder, pattern, keyColumn string
	from, to                   int64
	spec                       rows.Spec
	size                       int
	after                      mark
}

// mark is the place behind which a page begins: a file, and of rows how many of it were
// given, with what tells that it is still the same file.
type mark struct {
	Path     string `json:"p"`
	Rows     int    `json:"n,omitempty"`
	Size     int64  `json:"s,omitempty"`
	Modified int64  `json:"m,omitempty"`
}

func (m mark) token() string {
	raw, err := json.Marshal(m)
	if err != nil {
		return "" // texts and numbers can be written
	}
	return string(raw)
}

func readSearch(params item.Value, page connector.PageRef) (search, error) {
	text := func(key, usual string) string {
		if given := strings.TrimSpace(params.Field(key).Text()); given != "" {
			return given
		}
		return usual
	}
	q := search{pattern: text("pattern", "*"), keyColumn: text("keyColumn", ""), size: max(page.Size, 1)}
	var err error
	if q.folder, err = relative(text("folder", "")); err != nil {
		return q, fault.From(err).At("folder").Classed(fault.Config)
	}
	if _, err := path.Match(q.pattern, ""); err != nil || strings.Contains(q.pattern, "/") {
		return q, invalid("pattern", "a pattern of file names has no folders, and its brackets are closed")
	}
	for key, into := range map[string]*int64{"from": &q.from, "to": &q.to} {
		if given := text(key, ""); given != "" {
			if *into, err = strconv.ParseInt(given, 10, 64); err != nil {
				return q, invalid(key, "a time is given in seconds since 1970")
			}
		}
	}
	if q.spec, err = readSpec(params, text); err != nil {
		return q, err
	}
	if page.Token != "" && json.Unmarshal([]byte(page.Token), &q.after) != nil {
		return q, invalid("token", "the page does not follow one of this query")
	}
	return q, nil
}

// readSpec reads how files are read row by row.
func readSpec(params item.Value, text func(key, usual string) string) (rows.Spec, error) {
	spec := rows.Spec{
		Format: strings.ToLower(text("format", rows.Auto)), Encoding: strings.ToLower(text("encoding", string(spreadsheet.UTF8))),
		Delimiter: rows.Auto, Sheet: text("sheet", ""), RowsPath: text("rowsPath", ""), Whole: true,
		Limits: spreadsheet.Limits{Bytes: maxUnpacked, Rows: maxFileRows, Texts: maxTexts},
	}
	if !slices.Contains([]string{rows.Auto, rows.CSV, rows.XLSX, rows.JSON, rows.NDJSON}, spec.Format) {
		return spec, invalid("format", "the format is auto, csv, xlsx, json or ndjson")
	}
	if !slices.Contains([]string{rows.Auto, string(spreadsheet.UTF8), string(spreadsheet.GBK), string(spreadsheet.GB18030)}, spec.Encoding) {
		return spec, invalid("encoding", "the encoding is auto, utf-8, gbk or gb18030")
	}
	// White space may be the delimiter.
	if given := params.Field("delimiter").Text(); given != "" {
		spec.Delimiter = given
	}
	if one := spec.Delimiter; one != rows.Auto && one != "tab" && (utf8.RuneCountInString(one) != 1 || strings.ContainsAny(one, "\"\r\n\x00\uFFFD")) {
		return spec, invalid("delimiter", "the delimiter is one character, tab or auto")
	}
	var err error
	if spec.Header, err = strconv.Atoi(text("header", "1")); err != nil || spec.Header < 0 {
		return spec, invalid("header", "the row of the header is counted from 1, or 0 where there is none")
	}
	spec.Columns, err = readTypes(text("types", ""))
	return spec, err
}

// readTypes reads the types of columns such as "qty: decimal, date: date".
func readTypes(text string) (columns []rows.Column, err error) {
	types := []field.Type{field.String, field.Int, field.Decimal, field.Bool, field.Date, field.Datetime}
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		at := strings.LastIndex(one, ":")
		if at < 1 || !slices.Contains(types, field.Type(strings.TrimSpace(one[at+1:]))) {
			return nil, invalid("types", "types are written as column: type, with the types string, int, decimal, bool, date and datetime")
		}
		columns = append(columns, rows.Column{Column: strings.TrimSpace(one[:at]), Type: strings.TrimSpace(one[at+1:])})
	}
	return columns, nil
}

func invalid(param, words string) *fault.Fault {
	return fault.New("sftp.param_invalid", "%s", words).At(param).Classed(fault.Config).Unapplied()
}

// entry is a file of a folder.
type entry struct {
	path, name     string // path is relative to the base
	real           string
	size, modified int64
}

// list gives the files that match, by name: regular ones that have settled. Those whose
// name no document could hold are left out with a warning.
func (l *line) list(q search) (found []entry, warnings []string, err error) {
	folder, err := l.folder(q.folder)
	if err != nil {
		return nil, nil, err
	}
	infos, err := l.ReadDirContext(l.ctx, folder)
	if err != nil {
		return nil, nil, l.told(err, q.folder)
	}
	if len(infos) > maxListed {
		return nil, nil, fault.New("sftp.too_many_files", "the folder %s has more than %d files", shown(q.folder), maxListed).Classed(fault.Config).
			Hinted("archive files that were read")
	}
	settled := l.session.clock().Add(-l.session.settle).Unix()
	for _, info := range infos {
		name, at := info.Name(), info.ModTime().Unix()
		matches, err := path.Match(q.pattern, name)
		switch {
		case err != nil || !matches, !info.Mode().IsRegular(), strings.HasPrefix(name, "."):
			continue
		case at > settled, q.from != 0 && at < q.from, q.to != 0 && at > q.to:
			continue
		case !utf8.ValidString(name) || strings.ContainsAny(name, "/\\\r\n\x00"):
			if q.after == (mark{}) {
				warnings = append(warnings, fmt.Sprintf("the file %q was left out: its name is not in UTF-8, or has characters that paths cannot have; rename it", name))
			}
			continue
		}
		found = append(found, entry{path.Join(q.folder, name), name, path.Join(folder, name), info.Size(), at})
	}
	return byPath(found), warnings, nil
}

// steady looks at a file again: one that changed since it was listed is still written.
func (l *line) steady(e entry) (bool, error) {
	info, err := l.Lstat(e.real)
	if err != nil {
		if f := l.told(err, e.path); f.Code != "sftp.missing" {
			return false, f
		}
		return false, nil
	}
	return info.Mode().IsRegular() && info.Size() == e.size && info.ModTime().Unix() == e.modified, nil
}

// listPage gives the files behind the mark.
func (l *line) listPage(q search) (connector.Page, error) {
	found, warnings, err := l.list(q)
	if err != nil {
		return connector.Page{}, err
	}
	page, list, n := connector.Page{Total: -1, Warnings: warnings}, []byte{'['}, 0
	for _, e := range found {
		if e.path <= q.after.Path {
			continue
		}
		if n == q.size {
			page.More = true
			break
		}
		steady, err := l.steady(e)
		if err != nil {
			return connector.Page{}, err
		}
		page.NextToken = mark{Path: e.path}.token()
		if !steady {
			continue
		}
		if n++; n > 1 {
			list = append(list, ',')
		}
		list = item.AppendText(append(list, `{"path":`...), e.path)
		list = item.AppendText(append(list, `,"name":`...), e.name)
		list = strconv.AppendInt(append(list, `,"size":`...), e.size, 10)
		list = item.AppendText(append(list, `,"modified":`...), moment(e.modified))
		list = append(list, '}')
	}
	if page.Rows = append(list, ']'); !page.More {
		page.NextToken = ""
	}
	return page, nil
}

func moment(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
