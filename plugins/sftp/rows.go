package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

// The formats and encodings of files that are read row by row.
const (
	formatAuto   = "auto"
	formatCSV    = "csv"
	formatJSON   = "json"
	formatNDJSON = "ndjson"
	utf8Name     = "utf-8"
	gbkName      = "gbk"
)

// What is read of a file, and how much a page may hold.
const (
	maxFileBytes = 64 << 20
	maxFileRows  = 1_000_000
	maxPageBytes = 8 << 20
)

// errEnough ends the reading of a file whose page is full.
var errEnough = errors.New("the page is full")

func byPath(list []entry) []entry {
	slices.SortFunc(list, func(a, b entry) int { return strings.Compare(a.path, b.path) })
	return list
}

// rowsPage gives the rows behind the mark.
func (l *line) rowsPage(q search) (connector.Page, error) {
	found, err := l.list(q)
	if err != nil {
		return connector.Page{}, err
	}
	if q.after.Rows > 0 && !slices.ContainsFunc(found, q.after.is) {
		return connector.Page{}, changed(q.after.Path)
	}
	b := &builder{q: q, rows: []byte{'['}}
	for _, e := range found {
		again := q.after.is(e)
		if e.path < q.after.Path || e.path == q.after.Path && !again {
			continue
		}
		if err := l.rowsOf(b, e, again); err != nil {
			if !errors.Is(err, errEnough) {
				return connector.Page{}, err
			}
			return connector.Page{Rows: append(b.rows, ']'), Total: -1, More: true, NextToken: b.last.token()}, nil
		}
	}
	return connector.Page{Rows: append(b.rows, ']'), Total: -1}, nil
}

// is tells that a file is the one that was read in part.
func (m mark) is(e entry) bool {
	return m.Rows > 0 && m.Path == e.path && m.Size == e.size && m.Modified == e.modified
}

func changed(name string) *fault.Fault {
	return fault.New("sftp.changed", "%s was changed while it was read", shown(name)).Classed(fault.Transient)
}

// rowsOf adds the rows of a file, behind the mark where it was read in part.
func (l *line) rowsOf(b *builder, e entry, again bool) error {
	steady, err := l.steady(e)
	switch {
	case err != nil:
		return err
	case !steady && again:
		return changed(e.path)
	case !steady:
		return nil // still written: a later window has it
	}
	format, err := formatOf(e, b.q.format)
	if err != nil {
		return err
	}
	raw, err := l.read(e)
	if err != nil {
		return err
	}
	text, err := decoded(raw, b.q.encoding, e.path)
	if err != nil {
		return err
	}
	b.begin(e, again)
	switch format {
	case formatCSV:
		return b.csv(text)
	case formatNDJSON:
		return b.ndjson(text)
	default:
		return b.json(text)
	}
}

// read gives a file of bounded size.
func (l *line) read(e entry) ([]byte, error) {
	tooLarge := fault.New("sftp.file_too_large", "%s is larger than %d MiB", e.path, maxFileBytes>>20).Classed(fault.Data).Hinted("have it split into several files")
	if e.size > maxFileBytes {
		return nil, tooLarge
	}
	file, err := l.Open(e.real)
	if err != nil {
		return nil, l.told(err, e.path)
	}
	defer func() { _ = file.Close() }()
	raw, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	switch {
	case err != nil:
		return nil, l.told(err, e.path)
	case len(raw) > maxFileBytes:
		return nil, tooLarge
	case int64(len(raw)) != e.size:
		return nil, changed(e.path)
	}
	return raw, nil
}

func formatOf(e entry, wanted string) (string, error) {
	if wanted != formatAuto {
		return wanted, nil
	}
	switch strings.ToLower(path.Ext(e.name)) {
	case ".csv", ".tsv", ".txt":
		return formatCSV, nil
	case ".json":
		return formatJSON, nil
	case ".ndjson", ".jsonl":
		return formatNDJSON, nil
	}
	return "", fault.New("sftp.format_unknown", "the name of %s does not tell what is in it", e.path).At("format").Classed(fault.Config).
		Hinted("narrow the pattern or choose csv, json or ndjson; workbooks (XLSX) are not read")
}

// decoded gives the text of a file in UTF-8, without a byte order mark.
func decoded(raw []byte, encoding, name string) ([]byte, error) {
	if encoding == gbkName {
		text, err := simplifiedchinese.GBK.NewDecoder().Bytes(raw)
		if err != nil || bytes.ContainsRune(text, utf8.RuneError) { // GBK itself has no such character
			return nil, fault.New("sftp.encoding_wrong", "%s is not in %s", name, encoding).At("encoding").Classed(fault.Data).Hinted("choose the other encoding")
		}
		return text, nil
	}
	raw = bytes.TrimPrefix(raw, []byte("\xEF\xBB\xBF"))
	if !utf8.Valid(raw) {
		return nil, fault.New("sftp.encoding_wrong", "%s is not in %s", name, encoding).At("encoding").Classed(fault.Data).Hinted("choose the other encoding")
	}
	return raw, nil
}

// builder gathers the rows of a page.
type builder struct {
	q           search
	rows        []byte
	count       int
	of          entry
	seen, first int
	last        mark
}

func (b *builder) begin(e entry, again bool) {
	b.of, b.seen, b.first = e, 0, 0
	if again {
		b.first = b.q.after.Rows
	}
}

// add takes a row of the file that was begun; no is where people find it.
func (b *builder) add(no int, row []byte) error {
	if b.seen++; b.seen <= b.first {
		return nil
	}
	if b.seen > maxFileRows {
		return fault.New("sftp.too_many_rows", "%s has more than %d rows", b.of.path, maxFileRows).Classed(fault.Data).Hinted("have it split into several files")
	}
	if b.count == b.q.size || b.count > 0 && len(b.rows) > maxPageBytes {
		return errEnough
	}
	key := b.of.path + "#" + strconv.Itoa(no)
	if b.q.keyColumn != "" {
		if key = item.Of(row).Path(b.q.keyColumn).Text(); key == "" {
			return fault.New("sftp.key_missing", "line %d of %s has nothing in the key column %s", no, b.of.path, b.q.keyColumn).At("keyColumn").Classed(fault.Data)
		}
	}
	var err error
	for _, member := range []struct {
		name  string
		value []byte
	}{
		{"_key", item.AppendText(nil, key)},
		{"_path", item.AppendText(nil, b.of.path)},
		{"_line", strconv.AppendInt(nil, int64(no), 10)},
		{"_modified", item.AppendText(nil, moment(b.of.modified))},
	} {
		if row, err = item.Put(row, member.name, member.value); err != nil {
			return err
		}
	}
	if b.count++; b.count > 1 {
		b.rows = append(b.rows, ',')
	}
	b.rows = append(b.rows, row...)
	b.last = mark{Path: b.of.path, Rows: b.seen, Size: b.of.size, Modified: b.of.modified}
	return nil
}

func (b *builder) broken(no int, err error) *fault.Fault {
	return fault.New("sftp.row_broken", "line %d of %s cannot be read", no, b.of.path).Classed(fault.Data).Because(err).
		Hinted("check format, delimiter and quotation marks; each row of JSON is an object")
}

// csv adds the rows below the header; every cell is a text.
func (b *builder) csv(text []byte) error {
	in := csv.NewReader(bytes.NewReader(text))
	in.Comma = b.q.delimiter
	names, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return b.broken(1, err)
	}
	for i, name := range names {
		if names[i] = strings.TrimSpace(name); names[i] == "" || slices.Contains(names[:i], names[i]) {
			return fault.New("sftp.header_broken", "column %d of %s has no name of its own", i+1, b.of.path).Classed(fault.Data)
		}
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			no := 0
			if where, ok := errors.AsType[*csv.ParseError](err); ok {
				no = where.Line
			}
			return b.broken(no, err)
		}
		no, _ := in.FieldPos(0)
		if err := b.add(no, object(names, cells)); err != nil {
			return err
		}
	}
}

// object makes a row of cells and the names of their columns.
func object(names, cells []string) []byte {
	row := []byte{'{'}
	for i, cell := range cells {
		if i > 0 {
			row = append(row, ',')
		}
		row = item.AppendText(append(item.AppendText(row, names[i]), ':'), cell)
	}
	return append(row, '}')
}

func (b *builder) ndjson(text []byte) error {
	no := 0
	for row := range bytes.Lines(text) {
		no++
		if row = bytes.TrimSpace(row); len(row) == 0 {
			continue
		}
		if err := b.object(no, row); err != nil {
			return err
		}
	}
	return nil
}

// json adds the elements of a list, or the only object of the file.
func (b *builder) json(text []byte) error {
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("{")) {
		return b.object(1, text)
	}
	rows, err := item.Rows(text)
	if err != nil {
		return b.broken(1, err)
	}
	for i, row := range rows {
		if err := b.object(i+1, row); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) object(no int, row []byte) error {
	if err := item.Check(row); err != nil || item.Of(row).Kind() != item.Object {
		return b.broken(no, err)
	}
	return b.add(no, bytes.Clone(row))
}
