package words_test

import (
	"testing"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/engine/flow/words"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

func titled(alias string) string { return "T " + alias }

func TestCron(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]field.Text{
		"* * * * *":       {ZH: "每分钟", EN: "Every minute"},
		"*/10 * * * *":    {ZH: "每 10 分钟", EN: "Every 10 minutes"},
		"@hourly":         {ZH: "每小时的第 0 分钟", EN: "Every hour at minute 0"},
		"5  2 * * *":      {ZH: "每天 02:05", EN: "Every day at 02:05"},
		"@daily":          {ZH: "每天 00:00", EN: "Every day at 00:00"},
		"0 9 * * 1-5":     {ZH: "每周一至周五 09:00", EN: "Monday to Friday at 09:00"},
		"0 2 * * 7":       {ZH: "每周日 02:00", EN: "Every Sunday at 02:00"},
		"0 2 1 * *":       {ZH: "每月 1 日 02:00", EN: "Every month on day 1 at 02:00"},
		"0,30 8-20 * * *": {ZH: "定时，分 0,30，时 8-20", EN: "Schedule, minute 0,30, hour 8-20"},
		"0 2 1 6 *":       {ZH: "定时，分 0，时 2，日 1，月 6", EN: "Schedule, minute 0, hour 2, day 1, month 6"},
		"0 2 * * 9":       {ZH: "定时，分 0，时 2，星期 9", EN: "Schedule, minute 0, hour 2, weekday 9"},
		"often":           {ZH: "定时 often", EN: "Schedule often"},
	} {
		if got := words.Cron(expression); got != want {
			t.Errorf("%s is %+v, want %+v", expression, got, want)
		}
	}
}

func TestTrigger(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		trigger flow.Trigger
		want    field.Text
	}{
		{flow.Trigger{Schedule: "*/5 * * * *"}, field.Text{ZH: "每 5 分钟", EN: "Every 5 minutes"}},
		{flow.Trigger{After: []string{"a", "b"}}, field.Text{ZH: "在这些方案成功完成之后：T a、T b", EN: "After these flows have finished successfully: T a, T b"}},
		{flow.Trigger{Manual: true}, field.Text{ZH: "手动或通过接口启动", EN: "By hand or by the API"}},
	} {
		if got := words.Trigger(tt.trigger, titled); got != tt.want {
			t.Errorf("%+v is %+v, want %+v", tt.trigger, got, tt.want)
		}
	}
}

func TestConditions(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]field.Text{
		`[]`: {},
		`[[{"field":"a","logic":"eq","value":"1"},{"field":"b","logic":"notnull"}]]`:                        {ZH: "a 等于 1 且 b 不为空", EN: "a equals 1 and b is not empty"},
		`[[{"field":"a","logic":"in","value":"1,2"}],[{"field":"c","logic":"gt","value":3},{"field":"d"}]]`: {ZH: "（a 属于 1,2） 或 （c 大于 3 且 d  ）", EN: "(a is one of 1,2) or (c is more than 3 and d  )"},
	} {
		if got := words.Conditions(item.Of([]byte(raw))); got != want {
			t.Errorf("%s is %+v, want %+v", raw, got, want)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		value, table string
		want         field.Text
		is           bool
	}{
		{"{{shop}}", "shops", field.Text{ZH: "按对照表「shops」转换", EN: "Translated by the code table “shops”"}, true},
		{
			"_findCollection find FOrg from banks where FNumber={{bank}}",
			"",
			field.Text{ZH: "在方案「T banks」的单据中查 FOrg，条件 FNumber={{bank}}", EN: "Looks up FOrg among the documents of “T banks” where FNumber={{bank}}"},
			true,
		},
		{"_findCollection odd", "", field.Text{ZH: "联查：_findCollection odd", EN: "Look-up: _findCollection odd"}, true},
		{"{{shop}}", "", field.Text{}, false},
	} {
		if got, is := words.Lookup(tt.value, tt.table, titled); got != tt.want || is != tt.is {
			t.Errorf("%q %q is %+v %t", tt.value, tt.table, got, is)
		}
	}
}
