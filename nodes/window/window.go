// Package window is the node 时间切片: it splits the time since the last pull
// into closed windows that the source accepts. The engine interprets its settings.
//
// It may import sdk packages only.
package window

import (
	"encoding/json"
	"time"

	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type window.
type Node struct{}

// Settings of a window. Absent ones are those of the operation's manifest.
type Settings struct {
	// Span is the longest window; longer ranges are split.
	Span string `json:"span"`
	// Lag keeps the end of a window behind the source's clock.
	Lag string `json:"lag"`
	// LookBack is how far a window begins before the end of the last.
	LookBack string `json:"lookBack"`
	// Granularity is the smallest step of the source's times.
	Granularity string `json:"granularity"`
	// Zone is the IANA zone the ends are written in.
	Zone string `json:"zone"`
}

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "window", TypeVersion: 1,
		Title: field.Text{ZH: "时间切片", EN: "Time window"},
		Describe: field.Text{
			ZH: "按时间段增量拉取：从上次同步时间开始，切成数据源允许的时间段。",
			EN: "Pulls by time: cuts the time since the last pull into ranges that the source accepts.",
		},
		Icon: "calendar-range", Category: "read",
		Kind: node.Pull, Role: node.Window,
		Outputs: []node.Port{{Name: "out", Title: field.Text{ZH: "时间段", EN: "Windows"}, Traffic: node.Requests}},
		Settings: []field.Setting{
			{
				Key: "span", Kind: field.PlainDuration, Title: field.Text{ZH: "最长时间段", EN: "Longest window"},
				Describe: field.Text{
					ZH: "一次查询最多跨多长时间，例如 24h。留空则用接口的上限。",
					EN: "How long one query may reach, for example 24h. Empty means the operation's own limit.",
				},
			},
			{
				Key: "lag", Kind: field.PlainDuration, Title: field.Text{ZH: "延后", EN: "Lag"},
				Describe: field.Text{
					ZH: "结束时间比数据源的当前时间早多少，避免漏掉正在写入的单据，例如 2m。",
					EN: "How far the end stays behind the source's clock, so that documents being saved are not missed, for example 2m.",
				},
			},
			{
				Key: "lookBack", Kind: field.PlainDuration, Title: field.Text{ZH: "回看", EN: "Look back"},
				Describe: field.Text{
					ZH: "起始时间比上次的结束时间早多少，重复的单据会被识别，例如 10m。",
					EN: "How far the start lies before the last end; documents read again are recognised, for example 10m.",
				},
			},
			{
				Key: "granularity", Kind: field.PlainDuration, Title: field.Text{ZH: "时间精度", EN: "Granularity"},
				Describe: field.Text{
					ZH: "数据源时间的最小单位，例如 1s。留空则用接口的精度。",
					EN: "The smallest step of the source's times, for example 1s. Empty means the operation's own.",
				},
			},
			{
				Key: "zone", Kind: field.PlainText, Title: field.Text{ZH: "时区", EN: "Time zone"},
				Describe: field.Text{
					ZH: "起止时间所用的时区，例如 Asia/Shanghai。留空则用系统的时区。",
					EN: "The zone of both ends, for example Asia/Shanghai. Empty means the system's own.",
				},
			},
		},
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s Settings
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	lengths := []struct {
		key, text string
		zeroOK    bool
	}{{"span", s.Span, false}, {"lag", s.Lag, true}, {"lookBack", s.LookBack, true}, {"granularity", s.Granularity, false}}
	for _, l := range lengths {
		d, err := time.ParseDuration(l.text)
		if l.text != "" && err == nil && (d < 0 || d == 0 && !l.zeroOK) {
			faults = append(faults, fault.New("setting.out_of_range", "%s can't be %s", l.key, l.text).At(l.key).Classed(fault.Config))
		}
	}
	if _, err := time.LoadLocation(s.Zone); s.Zone != "" && (err != nil || s.Zone == "Local") {
		faults = append(faults, fault.New("setting.not_a_zone", "%s is not a time zone", s.Zone).At("zone").
			Classed(fault.Config).Hinted("for example Asia/Shanghai"))
	}
	return faults
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
