package main

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
	"github.com/karezflow/karez/sdk/rows"
	"github.com/karezflow/karez/sdk/spreadsheet"
)

// What is read of a file, and how much a page may hold. A workbook is larger unpacked;
// of it only the texts that its cells share are in memory together.
const (
	maxFileBytes = 512 << 20
	maxUnpacked  = 1 << 30
	maxTexts     = 32 << 20
	maxObject    = 16 << 20
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
	found, warnings, err := l.list(q)
	if err != nil {
		return connector.Page{}, err
	}
	if q.after.Rows > 0 && !slices.ContainsFunc(found, q.after.is) {
		return connector.Page{}, changed(q.after.Path)
	}
	b := &builder{q: q, rows: []byte{'['}, warnings: warnings}
	page := connector.Page{Total: -1}
	for _, e := range found {
		again := q.after.is(e)
		if e.path < q.after.Path || e.path == q.after.Path && !again {
			continue
		}
		err := l.rowsOf(b, e, again)
		if errors.Is(err, errEnough) {
			page.More, page.NextToken = true, b.last.token()
			break
		}
		if err != nil {
			return connector.Page{}, err
		}
	}
	page.Rows, page.Warnings = append(b.rows, ']'), b.warnings
	return page, nil
}

// is tells that a file is the one that was read in part.
func (m mark) is(e entry) bool {
	return m.Rows > 0 && m.Path == e.path && m.Size == e.size && m.Modified == e.modified
}

func changed(name string) *fault.Fault {
	return fault.New("sftp.changed", "%s was changed while it was read", shown(name)).Classed(fault.Transient)
}

// rowsOf adds the rows of a file, behind the mark where it was read in part. What is
// wrong with the file itself becomes a row, so that the other files are read.
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
	if b.q.spec.Format == rows.Auto && !slices.Contains(known(), strings.ToLower(path.Ext(e.name))) {
		return fault.New("sftp.format_unknown", "the name of %s does not tell what is in it", e.path).At("format").Classed(fault.Config).
			Hinted("narrow the pattern or choose csv, xlsx, json or ndjson")
	}
	b.begin(e, again)
	if e.size > maxFileBytes {
		return b.broken(fault.New("sftp.file_too_large", "%s is larger than %d MiB", e.path, maxFileBytes>>20).Classed(fault.Data).Hinted("have it split into several files"))
	}
	in, err := l.remote(e)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	err = b.file(in)
	if in.failed != nil {
		return in.failed
	}
	// What was written meanwhile is not one file.
	if steady, looked := l.steady(e); looked != nil || !steady {
		return cmp.Or(looked, error(changed(e.path)))
	}
	if f, ok := errors.AsType[*fault.Fault](err); ok && (f.Class == fault.Data || f.Code == "sheet.missing") {
		return b.broken(f)
	}
	return err
}

// known are the endings of names that tell what is in a file.
func known() []string {
	return []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".ndjson", ".jsonl"}
}

// builder gathers the rows of a page.
type builder struct {
	q           search
	rows        []byte
	warnings    []string
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

// file adds the records of the file that was begun.
func (b *builder) file(raw *remote) error {
	spec := b.q.spec
	if spec.RowsPath == "" && (spec.Format == rows.JSON || spec.Format == rows.Auto && strings.EqualFold(path.Ext(b.of.name), ".json")) {
		head := make([]byte, min(b.of.size, 4096))
		if _, err := raw.ReadAt(head, 0); err != nil {
			return err
		}
		if bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xEF\xBB\xBF")), " \t\r\n"), []byte("{")) {
			return b.only(raw)
		}
	}
	in, err := rows.Open(raw, b.of.size, b.of.name, spec)
	if err != nil {
		return err
	}
	for row, err := range in.Rows() {
		if err != nil {
			return err
		}
		if item.Of(row.Body).Kind() != item.Object {
			return fault.New("sftp.row_broken", "row %d of %s is no object", row.No, b.of.path).Classed(fault.Data).Hinted("each row of JSON is an object")
		}
		if err := b.add(row.No, row.Body); err != nil {
			return err
		}
	}
	return nil
}

// only adds the one object that a JSON file is.
func (b *builder) only(raw *remote) error {
	in, _, err := spreadsheet.OpenText(raw, b.of.size, spreadsheet.Encoding(strings.TrimSuffix(b.q.spec.Encoding, rows.Auto)), spreadsheet.Limits{Bytes: maxObject})
	if err != nil {
		return err
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	if err := item.Check(text); err != nil {
		return fault.New("sftp.row_broken", "%s is no JSON", b.of.path).Classed(fault.Data).Because(err).Hinted("each row of JSON is an object")
	}
	return b.add(1, text)
}

// add takes a row of the file that was begun; no is where people find it. One without
// its key keeps the key blank: the engine refuses it alone.
func (b *builder) add(no int, row []byte) error {
	key := b.of.path + "#" + strconv.Itoa(no)
	if b.q.keyColumn != "" {
		key = item.Of(row).Path(b.q.keyColumn).Text()
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
	return b.append(row)
}

// broken adds what is wrong with the file that was begun in place of its other rows. It
// has no member of a row, and so no key: the engine keeps it as a refused document.
func (b *builder) broken(f *fault.Fault) error {
	row := item.AppendText([]byte(`{"_error":{"path":`), b.of.path)
	row = item.AppendText(append(row, `,"code":`...), f.Code)
	row = item.AppendText(append(row, `,"message":`...), f.Message)
	row = item.AppendText(append(row, `,"hint":`...), f.Hint)
	row = item.AppendText(append(row, `,"modified":`...), moment(b.of.modified))
	before := b.count
	if err := b.append(append(row, "}}"...)); err != nil {
		return err
	}
	if b.count > before {
		b.warnings = append(b.warnings, b.of.path+": "+f.Message)
	}
	return nil
}

// append adds a row to the page, unless a page before had it.
func (b *builder) append(row []byte) error {
	if b.seen++; b.seen <= b.first {
		return nil
	}
	if b.count == b.q.size || b.count > 0 && len(b.rows) > maxPageBytes {
		return errEnough
	}
	if b.count++; b.count > 1 {
		b.rows = append(b.rows, ',')
	}
	b.rows = append(b.rows, row...)
	b.last = mark{Path: b.of.path, Rows: b.seen, Size: b.of.size, Modified: b.of.modified}
	return nil
}
