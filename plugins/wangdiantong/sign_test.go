package main

import (
	"maps"
	"testing"
)

// TestSignature has the vendor's own example, one with Chinese and one with an emoji, whose
// lengths are those of characters: counts of bytes and of UTF-16 units give other signatures.
func TestSignature(t *testing.T) {
	t.Parallel()
	base := map[string]string{"sid": "demosid", "appkey": "demosid-ot", "timestamp": "1714528800"}
	with := func(name, value string) map[string]string {
		fields := maps.Clone(base)
		fields[name] = value
		return fields
	}
	for name, tt := range map[string]struct {
		secret string
		fields map[string]string
		want   string
		wrong  string
	}{
		"the vendor's example": {
			secret: "12345", want: "ad4e6fe037ea6e3ba4768317be9d1309",
			fields: map[string]string{
				"appkey": "test2-xx", "page_no": "0", "end_time": "2016-08-01 13:00:00", "start_time": "2016-08-01 12:00:00",
				"page_size": "40", "sid": "test2", "timestamp": "1470042310",
			},
		},
		"Chinese": {
			secret: "demosecret", want: "1f86585d9bec4d1404e6e635c7d19e6a", wrong: "cd3818b335c0c7a0ced23d9d7ee31faa",
			fields: with("stockout_info", `{"outer_no":"XSCKD000123-CK001","is_check":1,"warehouse_no":"CK001","remark":"金蝶销售出库","detail_list":[{"spec_no":"SKU-001","num":"2.0000","price":"12.5000"}]}`),
		},
		"an emoji": {
			secret: "demosecret", want: "1a2aaf5e57d2ee65674cb526d4bb98bf", wrong: "44a9dd6d371674d438f12f7bedb39679",
			fields: with("remark", "好😀"),
		},
	} {
		if got := sign(tt.secret, tt.fields); got != tt.want || got == tt.wrong {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
		// The signature is not signed.
		tt.fields["sign"] = tt.wrong
		if got := sign(tt.secret, tt.fields); got != tt.want {
			t.Errorf("%s: %s beside a signature", name, got)
		}
	}
}
