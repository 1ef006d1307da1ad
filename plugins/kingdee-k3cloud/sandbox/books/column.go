package books

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/karezflow/karez/plugins/kingdee-k3cloud/sandbox/forms"
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
	kind  forms.Kind
	lines bool
	read  func(r row) ksql.Value
}

func (c column) json(r row, scale int) []byte {
	v := c.read(r)
	switch v.Kind {
	case ksql.Null:
		return []byte("null")
	case ksql.Number:
		return number(v.Text, c.kind == forms.Decimal, scale)
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
	case strings.EqualFold(key, def.PK):
		return column{key: key, read: func(r row) ksql.Value { return integer(r.bill.id) }}, nil
	case def.Entry != "" && strings.EqualFold(key, def.Entry+"_FEntryID"):
		return column{key: key, lines: true, read: func(r row) ksql.Value {
			if r.line == nil {
				return ksql.Value{}
			}
			return integer(r.line.id)
		}}, nil
	case def.Entry != "" && strings.EqualFold(key, def.Entry+"_FSeq"):
		return column{key: key, lines: true, read: func(r row) ksql.Value { return integer(int64(r.seq)) }}, nil
	}
	first, rest, through := strings.Cut(key, ".")
	f, ok := def.Field(first)
	if !ok || through && f.Kind != forms.Base {
		return column{}, fmt.Errorf("字段[%s]不存在", key)
	}
	if f.Kind != forms.Base {
		return column{key: key, kind: f.Kind, lines: f.Level == forms.Line, read: func(r row) ksql.Value { return plain(def, f, r) }}, nil
	}
	target := s.tables[strings.ToUpper(f.Base)]
	inner, err := s.column(target, rest)
	if !through {
		inner, err = column{read: func(r row) ksql.Value { return integer(r.bill.id) }}, nil
	}
	if err != nil {
		return column{}, fmt.Errorf("字段[%s]不存在", key)
	}
	return column{key: key, kind: inner.kind, lines: f.Level == forms.Line, read: func(r row) ksql.Value {
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
func raw(def *forms.Form, f forms.Field, r row) item.Value {
	switch {
	case f.Level == forms.Line && r.line == nil:
		return item.Value{}
	case f.Level == forms.Line:
		return item.Of(r.line.raw).FieldFold(f.Key)
	case f.Level == forms.Sub:
		if v := item.Of(r.bill.head).FieldFold(def.Sub).FieldFold(f.Key); v.Kind() != item.None {
			return v
		}
	}
	return item.Of(r.bill.head).FieldFold(f.Key)
}

// plain gives the value of a field that refers to nothing, with the server's own
// value where nothing was sent: 0, false, an empty text or no date.
func plain(def *forms.Form, f forms.Field, r row) ksql.Value {
	if v, ok := system(def, f, r.bill); ok {
		return v
	}
	sent := raw(def, f, r).Text()
	switch f.Kind {
	case forms.Decimal:
		if d, ok := r.bill.computed(f.Key, r.line); ok && sent == "" {
			sent = d.String()
		}
		if sent == "" {
			sent = "0"
		}
		return ksql.Value{Kind: ksql.Number, Text: sent}
	case forms.Boolean:
		if sent == "" {
			sent = "false"
		}
		return ksql.Value{Kind: ksql.Bool, Text: sent}
	case forms.Date, forms.Datetime:
		at, ok := ksql.ParseTime(sent)
		if !ok {
			return ksql.Value{}
		}
		if f.Kind == forms.Date {
			at = at.Truncate(24 * time.Hour)
		}
		return ksql.Value{Kind: ksql.Time, Text: at.Format("2006-01-02T15:04:05")}
	case forms.Text, forms.Base:
	}
	return ksql.Value{Kind: ksql.Text, Text: sent}
}

// system gives the fields that the server keeps itself.
func system(def *forms.Form, f forms.Field, b *bill) (ksql.Value, bool) {
	moment := func(at time.Time) (ksql.Value, bool) {
		if at.IsZero() {
			return ksql.Value{}, true
		}
		return ksql.Value{Kind: ksql.Time, Text: stamp(at)}, true
	}
	switch f.Key {
	case def.Number:
		return ksql.Value{Kind: ksql.Text, Text: b.number}, true
	case "FDocumentStatus":
		return ksql.Value{Kind: ksql.Text, Text: b.status}, true
	case "FForbidStatus":
		return ksql.Value{Kind: ksql.Text, Text: cmp.Or(b.forbidden, "A")}, true
	case "FCreateDate":
		return moment(b.created)
	case "FModifyDate":
		return moment(b.modified)
	case "FApproveDate":
		return moment(b.approved)
	}
	return ksql.Value{}, false
}
