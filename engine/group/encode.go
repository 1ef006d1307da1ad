package group

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/item"
)

// EncodeRecords writes records as they are kept with a member: a JSON array. Bodies
// keep their bytes.
func EncodeRecords(records []Record) []byte {
	out := []byte{'['}
	for i, r := range records {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(out, `{"body":`...), r.Body...)
		if r.Lines != nil {
			out = appendInts(append(out, `,"lines":`...), r.Lines...)
		}
		if r.Uncounted {
			out = append(out, `,"uncounted":true`...)
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

// DecodeRecords reads what EncodeRecords wrote.
func DecodeRecords(raw []byte) []Record {
	var records []Record
	for e := range item.Of(raw).Elements() {
		r := Record{Body: slices.Clip(e.Field("body").Raw()), Uncounted: e.Field("uncounted").Kind() == item.Bool}
		if lines := e.Field("lines"); lines.Kind() == item.Array {
			r.Lines = ints(lines)
		}
		records = append(records, r)
	}
	return records
}

// EncodeOrigins writes where the lines of a bill came from: for each line a list of
// [member, record, line].
func EncodeOrigins(lines [][]Origin) []byte {
	out := []byte{'['}
	for i, origins := range lines {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '[')
		for n, o := range origins {
			if n > 0 {
				out = append(out, ',')
			}
			out = appendInts(out, o.Member, o.Record, o.Line)
		}
		out = append(out, ']')
	}
	return append(out, ']')
}

// DecodeOrigins reads what EncodeOrigins wrote.
func DecodeOrigins(raw []byte) [][]Origin {
	var lines [][]Origin
	for l := range item.Of(raw).Elements() {
		var origins []Origin
		for e := range l.Elements() {
			if n := ints(e); len(n) == 3 {
				origins = append(origins, Origin{n[0], n[1], n[2]})
			}
		}
		lines = append(lines, origins)
	}
	return lines
}

func appendInts(out []byte, numbers ...int) []byte {
	out = append(out, '[')
	for i, n := range numbers {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendInt(out, int64(n), 10)
	}
	return append(out, ']')
}

func ints(list item.Value) []int {
	out := []int{}
	for e := range list.Elements() {
		n, err := strconv.Atoi(e.Text())
		if err != nil {
			return nil
		}
		out = append(out, n)
	}
	return out
}
