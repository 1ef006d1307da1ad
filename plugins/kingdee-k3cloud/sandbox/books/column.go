package books

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/ksql"
	"github.com/karezflow/karez/sdk/item"
)

// row is one line of a bill, or a bill without lines.
type row struct {
	bill *bill
	line *entry
	seq  int
}

// column reads one value out of a row.
type column struct {
	key string
	// kind decides how the value is written.
	kind  fieldKind
	lines bool
	read  func(r row) ksql.Value
}

func (c column) json(r row, scale int) []byte {
	v := c.read(r)
	switch v.Kind {
	case ksql.Null:
		return []byte("null")
	case ksql.Number:
		return number(v.Text, c.kind == decimal, scale)
	case ksql.Bool:
		b, _ := ksql.ParseBool(v.Text) // read gives only what parses
		return strconv.AppendBool(nil, b)
	case ksql.Text, ksql.Time:
	}
	return item.AppendText(nil, v.Text)
}

// number writes a number with the digits it came with, padded when the sandbox is set so.
func number(text string, isDecimal bool, scale int) []byte {
	d, ok := ksql.ParseDecimal(text)
	if ok && isDecimal && scale >= 0 {
		return []byte(d.Padded(scale).String())
	}
	if ok && !json.Valid([]byte(text)) {
		return []byte(d.String())
	}
	return []byte(text)
}

// column resolves a key such as FBillNo, FSaleOrgId.FNumber or FEntity_FEntryID.
func (s *Books) column(t *table, key string) (column, error) {
	def := t.def
	switch {
	case strings.EqualFold(key, def.pk):
		return column{key: key, read: func(r row) ksql.Value { return integer(r.bill.id) }}, nil
	case def.entry != "" && strings.EqualFold(key, def.entry+"_FEntryID"):
		return column{key: key, lines: true, read: func(r row) ksql.Value {
			if r.line == nil {
				return ksql.Value{}
			}
			return integer(r.line.id)
		}}, nil
	case def.entry != "" && strings.EqualFold(key, def.entry+"_FSeq"):
		return column{key: key, lines: true, read: func(r row) ksql.Value { return integer(int64(r.seq)) }}, nil
	}
	first, rest, through := strings.Cut(key, ".")
	f, ok := def.field(first)
	if !ok || through && f.kind != base {
		return column{}, fmt.Errorf("字段[%s]不存在", key)
	}
	if f.kind != base {
		return column{key: key, kind: f.kind, lines: f.level == line, read: func(r row) ksql.Value { return plain(def, f, r) }}, nil
	}
	target := s.tables[strings.ToUpper(f.base)]
	inner, err := s.column(target, rest)
	if !through {
		inner, err = column{read: func(r row) ksql.Value { return integer(r.bill.id) }}, nil
	}
	if err != nil {
		return column{}, fmt.Errorf("字段[%s]不存在", key)
	}
	return column{key: key, kind: inner.kind, lines: f.level == line, read: func(r row) ksql.Value {
		found, _ := refer(target, raw(def, f, r))
		if found == nil {
			return ksql.Value{}
		}
		return inner.read(row{bill: found})
	}}, nil
}

func integer(n int64) ksql.Value {
	return ksql.Value{Kind: ksql.Number, Text: strconv.FormatInt(n, 10)}
}

// raw finds what was sent for a field. Finance fields are found in the
// sub-header or beside it: clients send both.
func raw(def *formDef, f fieldDef, r row) item.Value {
	switch {
	case f.level == line && r.line == nil:
		return item.Value{}
	case f.level == line:
		return item.Of(r.line.raw).FieldFold(f.key)
	case f.level == sub:
		if v := item.Of(r.bill.head).FieldFold(def.sub).FieldFold(f.key); v.Kind() != item.None {
			return v
		}
	}
	return item.Of(r.bill.head).FieldFold(f.key)
}

// plain gives the value of a field that refers to nothing, with the server's own
// value where nothing was sent: 0, false, an empty text or no date.
func plain(def *formDef, f fieldDef, r row) ksql.Value {
	if v, ok := system(def, f, r.bill); ok {
		return v
	}
	sent := raw(def, f, r).Text()
	switch f.kind {
	case decimal:
		if d, ok := r.bill.computed(f.key, r.line); ok && sent == "" {
			sent = d.String()
		}
		if sent == "" {
			sent = "0"
		}
		return ksql.Value{Kind: ksql.Number, Text: sent}
	case boolean:
		if sent == "" {
			sent = "false"
		}
		return ksql.Value{Kind: ksql.Bool, Text: sent}
	case date, datetime:
		at, ok := ksql.ParseTime(sent)
		if !ok {
			return ksql.Value{}
		}
		if f.kind == date {
			at = at.Truncate(24 * time.Hour)
		}
		return ksql.Value{Kind: ksql.Time, Text: at.Format("2006-01-02T15:04:05")}
	case text, base:
	}
	return ksql.Value{Kind: ksql.Text, Text: sent}
}

// system gives the fields that the server keeps itself.
func system(def *formDef, f fieldDef, b *bill) (ksql.Value, bool) {
	moment := func(at time.Time) (ksql.Value, bool) {
		if at.IsZero() {
			return ksql.Value{}, true
		}
		return ksql.Value{Kind: ksql.Time, Text: stamp(at)}, true
	}
	switch f.key {
	case def.number:
		return ksql.Value{Kind: ksql.Text, Text: b.number}, true
	case "FDocumentStatus":
		return ksql.Value{Kind: ksql.Text, Text: b.status}, true
	case "FForbidStatus":
		return ksql.Value{Kind: ksql.Text, Text: "A"}, true
	case "FCreateDate":
		return moment(b.created)
	case "FModifyDate":
		return moment(b.modified)
	case "FApproveDate":
		return moment(b.approved)
	}
	return ksql.Value{}, false
}
