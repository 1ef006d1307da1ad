// Package boxkit is what sandboxes of small interfaces share: their frame, the pace of calls,
// records by a time and the pages of a list.
//
// It may import the standard library, sdk/item and sdk/sandboxkit only.
package boxkit

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/karezflow/karez/sdk/item"
)

// Pace counts calls by a name.
type Pace struct{ calls map[string][]time.Time }

// Reset forgets all calls.
func (p *Pace) Reset() { p.calls = nil }

// Takes counts a call and reports whether it is one of the most that any span has; a refused
// one is not counted. 0 is any number.
func (p *Pace) Takes(name string, now time.Time, most int, span time.Duration) bool {
	if p.calls == nil {
		p.calls = map[string][]time.Time{}
	}
	recent := slices.DeleteFunc(p.calls[name], func(at time.Time) bool { return now.Sub(at) >= span })
	if most > 0 && len(recent) >= most {
		p.calls[name] = recent
		return false
	}
	p.calls[name] = append(recent, now)
	return true
}

// Record is an object of a simulated system.
type Record struct {
	// Key is what people search for, At when it last changed.
	Key  string
	At   time.Time
	JSON json.RawMessage
}

// New makes a record of fields, which can be written as JSON.
func New(key string, at time.Time, fields map[string]any) Record {
	raw, _ := json.Marshal(fields) // these always encode
	return Record{Key: key, At: at, JSON: raw}
}

// Sort puts records in the order of their changes.
func Sort(records []Record) {
	slices.SortStableFunc(records, func(a, b Record) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
}

// Touch notes in a field that a record is changed now. Its order is left to Sort.
func Touch(records []Record, key, field string, now time.Time) error {
	for i, r := range records {
		if r.Key != key {
			continue
		}
		raw, err := item.Put(r.JSON, field, item.AppendText(nil, Stamp(now)))
		if err != nil {
			return err
		}
		records[i].JSON, records[i].At = raw, now.Truncate(time.Second)
		return nil
	}
	return errors.New("nothing is called " + key)
}

// Zone is that of these systems, Shanghai's, which has had no other offset since 1991.
func Zone() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// Stamp writes a moment as these systems do.
func Stamp(t time.Time) string { return t.In(Zone()).Format(time.DateTime) }

// Field gives a field of the record as a text.
func (r Record) Field(name string) string { return item.Of(r.JSON).Field(name).Text() }

// Raw gives the JSON of records.
func Raw(records []Record) []json.RawMessage {
	out := make([]json.RawMessage, len(records))
	for i, r := range records {
		out[i] = r.JSON
	}
	return out
}

// Cut gives the records of a page: from the first of them on, at most size.
func Cut(records []Record, first, size int) []Record {
	if first >= len(records) {
		return nil
	}
	return records[first:min(len(records), first+size)]
}

// Answer writes JSON as these interfaces do: always with the status 200.
func Answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	_ = json.NewEncoder(w).Encode(body) // the client has gone; nobody is left to tell
}
