package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/karezflow/karez/plugins/internal/boxkit"
)

// parcel is one on its way.
type parcel struct {
	Carrier, Number, Phone string
	// Sent is when it began, Steps how far it is, at four hours a step.
	Sent  time.Time
	Steps int
}

// shipped is what the 14 digits of the numbers of the simulated 旺店通's parcels begin with.
const shipped = "78"

// carriers are known by the vendor's own names.
func carriers() []string {
	return []string{"zhongtong", "yuantong", "shunfeng", "yunda", "ems"}
}

// stage is what happens to a parcel.
type stage struct{ state, status, context, code, name string }

func stages() []stage {
	return []stage{
		{"1", "揽收", "【杭州市】已揽收，揽收员：样例", "CN330100000000", "浙江,杭州市"},
		{"0", "在途", "【杭州市】快件已发往 \"广州转运中心\"", "CN330100000000", "浙江,杭州市"},
		{"0", "在途", "【广州市】快件已到达 <广州转运中心>", "CN440100000000", "广东,广州市"},
		{"5", "派件", "【广州市】正在派件😀，请保持电话畅通", "CN440100000000", "广东,广州市"},
		{"3", "签收", "【广州市】已签收，签收人：本人", "CN440100000000", "广东,广州市"},
	}
}

// parcels are the same for the same start.
func parcels(now time.Time) []parcel {
	var list []parcel
	for n := range 60 {
		carrier := carriers()[n%len(carriers())]
		list = append(list, parcel{
			Carrier: carrier, Number: fmt.Sprintf("KD%010d", 7000000+n), Phone: fmt.Sprintf("1380000%04d", n),
			Sent: now.Add(-time.Duration(24+n) * time.Hour).Truncate(time.Second), Steps: 1 + n%len(stages()),
		})
	}
	return list
}

func (p parcel) state() string { return stages()[p.Steps-1].state }

// answer is what the vendor tells of a parcel. The members and their order are those of an
// answer that a published scheme stored.
func (p parcel) answer(now time.Time, a asks) []byte {
	type event struct {
		Time     string  `json:"time"`
		Context  string  `json:"context"`
		FTime    string  `json:"ftime"`
		AreaCode *string `json:"areaCode"`
		AreaName *string `json:"areaName"`
		Status   string  `json:"status"`
	}
	events := []event{}
	for i, s := range stages()[:p.Steps] {
		at := p.Sent.Add(time.Duration(i) * 4 * time.Hour)
		if at.After(now) {
			break
		}
		text := boxkit.Stamp(at)
		e := event{Time: text, FTime: text, Context: s.context, Status: s.status}
		if a.ResultV2 != "" && a.ResultV2 != "0" {
			e.AreaCode, e.AreaName = &s.code, &s.name
		}
		events = append(events, e)
	}
	if a.Order != "asc" {
		slices.Reverse(events)
	}
	signed, condition := "0", "00"
	if p.state() == "3" {
		signed, condition = "1", "F00"
	}
	type city struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
	raw, _ := json.Marshal(struct { // its members always encode
		Message   string          `json:"message"`
		Nu        string          `json:"nu"`
		IsCheck   string          `json:"ischeck"`
		Com       string          `json:"com"`
		Status    string          `json:"status"`
		Data      []event         `json:"data"`
		State     string          `json:"state"`
		Condition string          `json:"condition"`
		Route     map[string]city `json:"routeInfo"`
		IsLoop    bool            `json:"isLoop"`
	}{"ok", p.Number, signed, p.Carrier, "200", events, p.state(), condition, map[string]city{
		"from": {"CN330100000000", "浙江,杭州市"}, "cur": {"CN440100000000", "广东,广州市"},
	}, false})
	return raw
}
