package format_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/karezflow/karez/engine/value/format"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/item"
)

func TestParseMoment(t *testing.T) {
	t.Parallel()
	tests := []struct{ value, want string }{
		{`"2026-11-21 10:30:00"`, "2026-11-21 10:30:00"},
		{`"2026-11-21"`, "2026-11-21 00:00:00"},
		{`" 2026-11-21 "`, "2026-11-21 00:00:00"},
		{`"2026-11-21T10:30:00"`, "2026-11-21 10:30:00"},
		{`"2026-11-21T10:30:00.123"`, "2026-11-21 10:30:00"},
		{`"2026-11-21T10:30"`, "2026-11-21 10:30:00"},
		{`"2026-11-21T02:30:00Z"`, "2026-11-21 10:30:00"},
		{`"2026-11-20T23:30:00-03:00"`, "2026-11-21 10:30:00"},
		{`"2026-11-21 10:30:00 +0800"`, "2026-11-21 10:30:00"},
		{`"2026\/11\/21 10:30:00"`, "2026-11-21 10:30:00"},
		{`"2026/1/2"`, "2026-01-02 00:00:00"},
		{`"2026.01.02 3:04:05"`, "2026-01-02 03:04:05"},
		{`"20261121"`, "2026-11-21 00:00:00"},
		{`20261121`, "2026-11-21 00:00:00"},
		{`"20261121103000"`, "2026-11-21 10:30:00"},
		{`1795228200`, "2026-11-21 10:30:00"},
		{`"1795228200"`, "2026-11-21 10:30:00"},
		{`1795228200.75`, "2026-11-21 10:30:00"},
		{`1795228200000`, "2026-11-21 10:30:00"},
		{`"1795228200999"`, "2026-11-21 10:30:00"},
		{`"2024-02-29"`, "2024-02-29 00:00:00"},
		{`""`, "blank"},
		{`null`, "blank"},
		{`"  "`, "blank"},
		{`0`, "blank"},
		{`"0000-00-00"`, "blank"},
		{`"2026-02-29"`, "value.not_a_date"},
		{`"1900-02-29"`, "value.not_a_date"},
		{`"2026-13-01"`, "value.not_a_date"},
		{`"2026-00-01"`, "value.not_a_date"},
		{`"2026-04-31"`, "value.not_a_date"},
		{`"2026-11-21 24:00:00"`, "value.not_a_date"},
		{`"2026-11-21 10:60:00"`, "value.not_a_date"},
		{`"2026-11-21 10"`, "value.not_a_date"},
		{`"2026-11-21 10:30:00 x"`, "value.not_a_date"},
		{`"2026-11-21T10:30:00+25:00"`, "value.not_a_date"},
		{`"2026-11/21"`, "value.not_a_date"},
		{`"2026-11-21T10:30:00."`, "value.not_a_date"},
		{`"26-11-21"`, "value.not_a_date"},
		{`"99999999"`, "value.not_a_date"},
		{`45981`, "value.not_a_date"},
		{`"17952282000000000"`, "value.not_a_date"},
		{`-1795228200`, "value.not_a_date"},
		{`1.7E9`, "value.not_a_date"},
		{`"JY20261121"`, "value.not_a_date"},
		{`[]`, "value.not_a_date"},
	}
	for _, tt := range tests {
		t.Run(tt.value, func(t *testing.T) {
			t.Parallel()
			zone := shanghai(t)
			m, blank, err := format.ParseMoment(item.Of([]byte(tt.value)), zone)
			got := m.In(zone).Format(time.DateTime)
			if blank {
				got = "blank"
			}
			if err != nil {
				got = fault.CodeOf(err)
			}
			if got != tt.want {
				t.Errorf("gives %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

// Central European clocks jump from 02:00 to 03:00 on 29 March 2026; a vendor who
// writes a time in that hour gets it back as it wrote it.
func TestSkippedHourStays(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	f := parse(t, "datetime")
	got, err := f.Append(nil, item.Of([]byte(`"2026-03-29 02:30:00"`)), format.Env{Zone: berlin})
	if err != nil || string(got) != `"2026-03-29 02:30:00"` {
		t.Errorf("gives %s, %v", got, err)
	}
}

// Every instant survives each of its written forms, in any zone.
func TestMomentsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("z", 1800*rapid.IntRange(-24, 28).Draw(t, "half hours"))
		at := time.Unix(rapid.Int64Range(1e9, 4e9).Draw(t, "at"), 0).In(zone)
		for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006/01/02 15:04:05", "20060102150405", time.RFC3339, "2006-01-02T15:04:05Z0700"} {
			written := item.Of(item.AppendText(nil, at.Format(layout)))
			m, blank, err := format.ParseMoment(written, zone)
			if err != nil || blank || !m.In(zone).Equal(at) {
				t.Fatalf("%s gives %v, %v", written.Raw(), m, err)
			}
		}
		for _, name := range []string{"unix", "unixMs", "datetime", "iso"} {
			f, err := format.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			env := format.Env{Zone: zone}
			direct, err := f.AppendTime(nil, at, env)
			if err != nil {
				t.Fatal(err)
			}
			again, err := f.Append(nil, item.Of(direct), env)
			if err != nil || string(again) != string(direct) {
				t.Fatalf("%s: %s becomes %s, %v", name, direct, again, err)
			}
		}
	})
}

func FuzzParseMoment(f *testing.F) {
	for _, seed := range []string{"2026-11-21 10:30:00", "1795228200.5", "20261121", "2026-11-21T10:30:00+08:00", "....", "::::", "9999-12-31"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, blank, err := format.ParseMoment(item.Of(item.AppendText(nil, text)), time.UTC)
		if err != nil || blank {
			return
		}
		date := time.Date(m.Year, time.Month(m.Month), m.Day, m.Hour, m.Minute, m.Second, m.Nano, time.UTC)
		if date.Year() != m.Year || int(date.Month()) != m.Month || date.Day() != m.Day || date.Second() != m.Second {
			t.Fatalf("%q gives the impossible %v", text, m)
		}
	})
}
