package main

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
)

// raw is the least that has to be done: one pass over bytes that are taken for good
// JSON, members expected in the order of the document before, spans copied as they
// stand. It knows no types, no lists but one, and no errors.
type raw struct {
	head, line       template
	headAs, lineAs   []member // the members as they came last
	names, lineNames map[string]int
	lines            []byte
	values, each     [][]byte
}

// member is a member of the documents before: its name with quotes and colon, and
// where its value is kept, -1 for nowhere.
type member struct {
	name []byte
	slot int
}

type template []templateField

type templateField struct {
	key   string // with quotes and colon
	whole bool   // one value as it stands
	parts []part
}

type part struct {
	text string
	slot int // -1 for text
}

const (
	platform = 100 // opened for extend.platform.name
	lines    = 101
)

func newRaw() *raw {
	r := &raw{names: map[string]int{"goods_list": lines}, lineNames: map[string]int{}}
	head := [][2]string{
		{"FBillTypeID", "XSCKD01_SYS"}, {"FBillNo", "{trade_no}"}, {"FDate", "{trade_time}"}, {"FSaleOrgId", "100"}, {"FStockOrgId", "{warehouse_no}"},
		{"FCustomerID", "{shop_no}"}, {"FSettleCurrId", "PRE001"}, {"FCarriageNO", "{logistics_no}"}, {"FLogComId", "{logistics_code}"},
		{"FLinkMan", "{receiver_name}"}, {"FLinkPhone", "{receiver_mobile}"},
		{"FReceiveAddress", "{receiver_province} {receiver_city} {receiver_district} {receiver_address}"}, {"FReceiverState", "{receiver_province}"},
		{"FReceiverCity", "{receiver_city}"}, {"FSALECHANNEL", "{extend}"}, {"FNote", "旺店通 {trade_no}/{buyer_message}"}, {"FBuyerNick", "{buyer_nick}"},
		{"FThirdBillNo", "{src_tids}"}, {"FPayAmount", "{paid}"}, {"FAllAmount", "{receivable}"},
	}
	line := [][2]string{
		{"FMaterialID", "{spec_no}"}, {"FRealQty", "{num}"}, {"FPrice", "{share_price}"}, {"FTaxPrice", "{price}"}, {"FEntryTaxRate", "{tax_rate}"},
		{"FNote", "{goods_name} {spec_name}"}, {"FOwnerTypeId", "BD_OwnerOrg"}, {"FStockStatusID", "KCZT01_SYS"}, {"FSrcBillNo", "{src_oid}"},
	}
	r.head, r.line = newTemplate(head, r.names), newTemplate(line, r.lineNames)
	r.values, r.each = make([][]byte, len(r.names)), make([][]byte, len(r.lineNames))
	r.names["extend"] += platform
	return r
}

func newTemplate(fields [][2]string, names map[string]int) template {
	var t template
	for _, f := range fields {
		made := templateField{key: `"` + f[0] + `":`}
		for text := f[1]; text != ""; {
			before, rest, found := strings.Cut(text, "{")
			if before != "" {
				made.parts = append(made.parts, part{before, -1})
			}
			if !found {
				break
			}
			name, after, _ := strings.Cut(rest, "}")
			if _, ok := names[name]; !ok {
				names[name] = len(names)
			}
			made.parts, text = append(made.parts, part{slot: names[name]}), after
		}
		made.whole = len(made.parts) == 1 && made.parts[0].slot >= 0
		t = append(t, made)
	}
	return t
}

func (r *raw) do(out, d []byte) []byte {
	r.lines = r.lines[:0]
	i := 1
	for n := 0; d[i-1] != '}'; n++ {
		var slot int
		r.headAs, slot, i = next(r.headAs, n, r.names, d, i)
		from := i
		if slot == lines {
			i = r.readLines(d, i) + 1
			continue
		}
		i = end(d, i)
		switch {
		case slot >= platform:
			r.values[slot-platform] = platformOf(d[from:i])
		case slot >= 0:
			r.values[slot] = d[from:i]
		}
		i++ // the comma, or the end
	}
	out = r.head.append(out, r.values)
	out = append(out[:len(out)-1], `,"FEntity":[`...)
	out = append(out, r.lines...)
	return append(out, "]}"...)
}

// readLines maps the list that begins at i and gives the place behind it.
func (r *raw) readLines(d []byte, i int) int {
	for i++; d[i] == '{'; {
		i++
		for n := 0; d[i-1] != '}'; n++ {
			var slot int
			r.lineAs, slot, i = next(r.lineAs, n, r.lineNames, d, i)
			from := i
			i = end(d, i)
			if slot >= 0 {
				r.each[slot] = d[from:i]
			}
			i++
		}
		if len(r.lines) > 0 {
			r.lines = append(r.lines, ',')
		}
		r.lines = r.line.append(r.lines, r.each)
		i++
	}
	if d[i-1] == ']' {
		return i
	}
	return i + 1 // an empty list
}

// next reads the name of the nth member at i; it gives its slot and where its value begins.
func next(as []member, n int, names map[string]int, d []byte, i int) (now []member, slot, at int) {
	if n < len(as) {
		if m := &as[n]; bytes.HasPrefix(d[i:], m.name) {
			return as, m.slot, i + len(m.name)
		}
	}
	stop := stringEnd(d, i+1)
	slot, ok := names[string(d[i+1:stop-1])]
	if !ok {
		slot = -1
	}
	m := member{bytes.Clone(d[i : stop+1]), slot}
	return append(as[:min(n, len(as))], m), slot, stop + 1
}

func platformOf(d []byte) []byte {
	const before = `{"platform":{"name":`
	return d[len(before):end(d, len(before))]
}

// end gives the place behind the value at i.
func end(d []byte, i int) int {
	switch d[i] {
	case '"':
		return stringEnd(d, i+1)
	case '{', '[':
		for depth := 0; ; i++ {
			switch d[i] {
			case '"':
				i = stringEnd(d, i+1) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	for d[i] != ',' && d[i] != '}' && d[i] != ']' {
		i++
	}
	return i
}

// stringEnd gives the place behind the text whose first byte is at i, eight bytes at a time.
func stringEnd(d []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for {
		if i+8 <= len(d) {
			w := binary.LittleEndian.Uint64(d[i:])
			quote, slash := w^ones*'"', w^ones*'\\'
			found := ((quote-ones)&^quote | (slash-ones)&^slash) & tops
			if found == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(found) / 8
		}
		switch d[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
		i++
	}
}

func (t template) append(out []byte, values [][]byte) []byte {
	out = append(out, '{')
	for i := range t {
		f := &t[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, f.key...)
		if f.whole {
			out = append(out, values[f.parts[0].slot]...)
			continue
		}
		out = append(out, '"')
		for _, p := range f.parts {
			if p.slot < 0 {
				out = append(out, p.text...)
			} else {
				v := values[p.slot]
				out = append(out, v[1:len(v)-1]...)
			}
		}
		out = append(out, '"')
	}
	return append(out, '}')
}
