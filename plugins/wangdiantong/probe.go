package main

import (
	"context"
	"slices"
	"strings"

	"github.com/karezflow/karez/plugins/internal/wdt"
	"github.com/karezflow/karez/sdk/connector"
	"github.com/karezflow/karez/sdk/item"
)

// otherKind is the kind of stock-outs that are pushed (其他出库).
const otherKind = "7"

// states gives what a look-up asks for, one after the other: without a status the vendor
// answers what was sent or finished, and a pushed stock-out waits for its audit at first.
func states() []string { return []string{"", "50", "55"} }

// compared are the paths by which a stock-out that is there equals the one that was pushed, as
// the manifest declares them.
func compared() []string {
	return []string{"outer_no", "warehouse_no", "detail_list.spec_no", "detail_list.num"}
}

// Probe implements connector.Prober: stock-outs by the number that we gave them.
func (s *session) Probe(ctx context.Context, req connector.ProbeRequest) ([]connector.Found, error) {
	if req.Operation != stockoutPush {
		return nil, wdt.Unknown(req.Operation)
	}
	found := make([]connector.Found, len(req.Keys))
	for i, key := range req.Keys {
		one, err := s.find(ctx, key)
		if err != nil {
			return nil, err
		}
		found[i] = one
	}
	return found, nil
}

// find looks a stock-out up by the number that we gave it.
func (s *session) find(ctx context.Context, outer string) (connector.Found, error) {
	for _, status := range states() {
		fields := map[string]string{"outer_no": outer, "order_type": otherKind, "page_no": "0", "page_size": "10"}
		if status != "" {
			fields["status"] = status
		}
		got, err := s.client.call(ctx, "stockout_order_query", fields)
		if err != nil {
			return connector.Found{}, err
		}
		page, err := wdt.Page(got.Body, "stockout_list", got.Date)
		if err != nil {
			return connector.Found{}, err
		}
		for row := range item.Of(page.Rows).Elements() {
			// A vendor that does not know the parameter answers others, too.
			if row.Field("outer_no").Text() == outer {
				number := row.Field("order_no").Text()
				if number == "" {
					number = row.Field("stockout_no").Text()
				}
				return connector.Found{Exists: true, ID: row.Field("stockout_id").Text(), Number: number, Object: asPushed(row)}, nil
			}
		}
	}
	return connector.Found{}, nil
}

// asPushed gives a stock-out in the form of a pushed one.
func asPushed(row item.Value) []byte {
	out := append([]byte(`{"outer_no":`), text(row.Field("outer_no"))...)
	out = append(append(out, `,"warehouse_no":`...), text(row.Field("warehouse_no"))...)
	out = append(out, `,"detail_list":[`...)
	first := true
	for line := range row.Field("details_list").Elements() {
		if !first {
			out = append(out, ',')
		}
		first = false
		out = append(append(out, `{"spec_no":`...), text(line.Field("spec_no"))...)
		out = append(append(append(out, `,"num":`...), text(line.Field("num"))...), '}')
	}
	return append(out, "]}"...)
}

func text(v item.Value) []byte {
	if len(v.Raw()) == 0 {
		return []byte("null")
	}
	return v.Raw()
}

// knownStockout looks up what the vendor refuses for its number, and answers it as done where
// it is the very one that was pushed: a push whose answer was lost is sent again, and the
// vendor's pages promise only that it does not make two. Any other refusal stays.
func (s *session) knownStockout(ctx context.Context, row []byte, refused connector.Answers) connector.Answers {
	if !duplicate(refused.Rows[0].Message) {
		return refused
	}
	sent := item.Of(row)
	found, err := s.find(ctx, sent.Field("outer_no").Text())
	if err != nil || !found.Exists || item.Differ(sent, item.Of(found.Object), compared()) != "" {
		return refused // the engine looks once more, or a person decides
	}
	return connector.Answers{Rows: []connector.Answer{{
		Outcome: connector.Done, ID: found.ID, Number: found.Number, Warning: refused.Rows[0].Message, Raw: found.Object,
	}}}
}

// duplicate tells a refusal for a number that the vendor has, by the words that are known of
// it: its code is not.
func duplicate(message string) bool {
	return slices.ContainsFunc([]string{"已存在", "已经存在", "重复"}, func(word string) bool { return strings.Contains(message, word) })
}
