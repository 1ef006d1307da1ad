package main

import (
	"encoding/json"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// maxListed is the most entries of a folder.
const maxListed = 100_000

// search is what a query asks for.
type search struct {
	folder, pattern             string
	from, to                    int64
	format, encoding, keyColumn string
	delimiter                   rune
	size                        int
	after                       mark
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
	q := search{
		pattern: text("pattern", "*"), format: text("format", "auto"), encoding: strings.ToLower(text("encoding", utf8Name)),
		keyColumn: text("keyColumn", ""), size: max(page.Size, 1),
	}
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
	if q.encoding != utf8Name && q.encoding != gbkName {
		return q, invalid("encoding", "the encoding is utf-8 or gbk")
	}
	switch q.format {
	case formatAuto, formatCSV, formatJSON, formatNDJSON:
	default:
		return q, invalid("format", "the format is auto, csv, json or ndjson")
	}
	delimiter := text("delimiter", ",")
	if delimiter == "tab" {
		delimiter = "\t"
	}
	q.delimiter, _ = utf8.DecodeRuneInString(delimiter)
	if utf8.RuneCountInString(delimiter) != 1 || strings.ContainsRune("\"\r\n\uFFFD", q.delimiter) {
		return q, invalid("delimiter", "the delimiter is one character, or tab")
	}
	if page.Token != "" && json.Unmarshal([]byte(page.Token), &q.after) != nil {
		return q, invalid("token", "the page does not follow one of this query")
	}
	return q, nil
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

// list gives the files that match, by name: regular ones that have settled.
func (l *line) list(q search) ([]entry, error) {
	folder, err := l.folder(q.folder)
	if err != nil {
		return nil, err
	}
	infos, err := l.ReadDirContext(l.ctx, folder)
	if err != nil {
		return nil, l.told(err, q.folder)
	}
	if len(infos) > maxListed {
		return nil, fault.New("sftp.too_many_files", "the folder %s has more than %d files", shown(q.folder), maxListed).Classed(fault.Config).
			Hinted("archive files that were read")
	}
	settled := l.session.clock().Add(-l.session.settle).Unix()
	var found []entry
	for _, info := range infos {
		name, at := info.Name(), info.ModTime().Unix()
		matches, err := path.Match(q.pattern, name)
		switch {
		case err != nil || !matches, !info.Mode().IsRegular(), strings.HasPrefix(name, "."), strings.ContainsAny(name, "/\\"):
			continue
		case at > settled, q.from != 0 && at < q.from, q.to != 0 && at > q.to:
			continue
		}
		found = append(found, entry{path.Join(q.folder, name), name, path.Join(folder, name), info.Size(), at})
	}
	return byPath(found), nil
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
	found, err := l.list(q)
	if err != nil {
		return connector.Page{}, err
	}
	page, rows, n := connector.Page{Total: -1}, []byte{'['}, 0
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
			rows = append(rows, ',')
		}
		rows = item.AppendText(append(rows, `{"path":`...), e.path)
		rows = item.AppendText(append(rows, `,"name":`...), e.name)
		rows = strconv.AppendInt(append(rows, `,"size":`...), e.size, 10)
		rows = item.AppendText(append(rows, `,"modified":`...), moment(e.modified))
		rows = append(rows, '}')
	}
	if page.Rows = append(rows, ']'); !page.More {
		page.NextToken = ""
	}
	return page, nil
}

func moment(seconds int64) string { return time.Unix(seconds, 0).UTC().Format(time.RFC3339) }
