// Package words says in both languages what parts of a flow document mean: when it starts,
// what conditions ask for, and where a value is looked up.
//
// It may import engine/flow, sdk/field and sdk/item only.
package words

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/karezflow/karez/engine/flow"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/item"
)

// Trigger says when a trigger starts the flow; title gives the title of the flow behind an alias.
func Trigger(t flow.Trigger, title func(alias string) string) field.Text {
	switch {
	case t.Schedule != "":
		return Cron(t.Schedule)
	case len(t.After) > 0:
		names := make([]string, len(t.After))
		for i, alias := range t.After {
			names[i] = title(alias)
		}
		return field.Text{
			ZH: "在这些方案成功完成之后：" + strings.Join(names, "、"),
			EN: "After these flows have finished successfully: " + strings.Join(names, ", "),
		}
	default:
		return field.Text{ZH: "手动或通过接口启动", EN: "By hand or by the API"}
	}
}

// Cron says what a schedule of five fields or a tag such as @hourly means. What has no
// shorter words is told field by field.
func Cron(expression string) field.Text {
	expression = tagged(strings.Join(strings.Fields(expression), " "))
	f := strings.Split(expression, " ")
	if len(f) != 5 {
		return field.Text{ZH: "定时 " + expression, EN: "Schedule " + expression}
	}
	minute, hour, day, month, weekday := f[0], f[1], f[2], f[3], f[4]
	every, stepped := strings.CutPrefix(minute, "*/")
	anyDay := day == "*" && month == "*" && weekday == "*"
	switch {
	case anyDay && hour == "*" && minute == "*":
		return field.Text{ZH: "每分钟", EN: "Every minute"}
	case anyDay && hour == "*" && stepped && isNumber(every):
		return field.Text{ZH: "每 " + every + " 分钟", EN: "Every " + every + " minutes"}
	case anyDay && hour == "*" && isNumber(minute):
		return field.Text{ZH: "每小时的第 " + minute + " 分钟", EN: "Every hour at minute " + minute}
	case isNumber(minute) && isNumber(hour) && month == "*":
		if when, ok := days(day, weekday); ok {
			at := fmt.Sprintf("%02s:%02s", hour, minute)
			return field.Text{ZH: when.ZH + " " + at, EN: when.EN + " at " + at}
		}
	}
	zh, en := [5]string{"分", "时", "日", "月", "星期"}, [5]string{"minute", "hour", "day", "month", "weekday"}
	var t field.Text
	for i, part := range f {
		if part != "*" {
			t.ZH, t.EN = t.ZH+"，"+zh[i]+" "+part, t.EN+", "+en[i]+" "+part
		}
	}
	return field.Text{ZH: "定时" + t.ZH, EN: "Schedule" + t.EN}
}

// days says on which days; false where it takes more than a few words.
func days(day, weekday string) (field.Text, bool) {
	zh := [7]string{"日", "一", "二", "三", "四", "五", "六"}
	en := [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
	n, err := strconv.Atoi(weekday)
	from, to, span := strings.Cut(weekday, "-")
	a, errA := strconv.Atoi(from)
	b, errB := strconv.Atoi(to)
	switch {
	case day == "*" && weekday == "*":
		return field.Text{ZH: "每天", EN: "Every day"}, true
	case isNumber(day) && weekday == "*":
		return field.Text{ZH: "每月 " + day + " 日", EN: "Every month on day " + day}, true
	case day == "*" && err == nil && n >= 0 && n <= 7:
		return field.Text{ZH: "每周" + zh[n%7], EN: "Every " + en[n%7]}, true
	case day == "*" && span && errA == nil && errB == nil && a >= 0 && a < b && b <= 7:
		return field.Text{ZH: "每周" + zh[a%7] + "至周" + zh[b%7], EN: en[a%7] + " to " + en[b%7]}, true
	default:
		return field.Text{}, false
	}
}

func tagged(expression string) string {
	switch expression {
	case "@hourly":
		return "0 * * * *"
	case "@daily":
		return "0 0 * * *"
	case "@weekly":
		return "0 0 * * 0"
	case "@monthly":
		return "0 0 1 * *"
	default:
		return expression
	}
}

func isNumber(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// Conditions says what an outer OR of inner ANDs asks for; "" where it asks for nothing.
func Conditions(v item.Value) field.Text {
	var groups []field.Text
	for inner := range v.Elements() {
		var all field.Text
		n := 0
		for c := range inner.Elements() {
			one := condition(c)
			if n++; n > 1 {
				one.ZH, one.EN = " 且 "+one.ZH, " and "+one.EN
			}
			all.ZH, all.EN = all.ZH+one.ZH, all.EN+one.EN
		}
		groups = append(groups, all)
	}
	var out field.Text
	for i, g := range groups {
		if len(groups) > 1 {
			g.ZH, g.EN = "（"+g.ZH+"）", "("+g.EN+")"
		}
		if i > 0 {
			g.ZH, g.EN = " 或 "+g.ZH, " or "+g.EN
		}
		out.ZH, out.EN = out.ZH+g.ZH, out.EN+g.EN
	}
	return out
}

func condition(c item.Value) field.Text {
	name, logic, value := c.Field("field").Text(), c.Field("logic").Text(), c.Field("value").Text()
	words := map[string]field.Text{
		"eq": {ZH: "等于", EN: "equals"}, "neq": {ZH: "不等于", EN: "does not equal"},
		"gt": {ZH: "大于", EN: "is more than"}, "egt": {ZH: "大于等于", EN: "is at least"},
		"lt": {ZH: "小于", EN: "is less than"}, "elt": {ZH: "小于等于", EN: "is at most"},
		"like": {ZH: "匹配", EN: "is like"}, "notlike": {ZH: "不匹配", EN: "is not like"},
		"between": {ZH: "介于", EN: "is between"}, "notbetween": {ZH: "不介于", EN: "is not between"},
		"in": {ZH: "属于", EN: "is one of"}, "notin": {ZH: "不属于", EN: "is none of"},
		"notnull": {ZH: "不为空", EN: "is not empty"}, "isnull": {ZH: "为空", EN: "is empty"},
	}
	w, ok := words[logic]
	if !ok {
		w = field.Text{ZH: logic, EN: logic}
	}
	end := ""
	if logic != "notnull" && logic != "isnull" {
		end = " " + value
	}
	return field.Text{ZH: name + " " + w.ZH + end, EN: name + " " + w.EN + end}
}

// lookup begins a value that is looked up among the documents of another flow.
const lookup = "_findCollection "

// Lookup says where the value of a mapping row is looked up; false where it is not. title
// gives the title of the flow behind an alias.
func Lookup(value, table string, title func(alias string) string) (field.Text, bool) {
	if table != "" {
		return field.Text{ZH: "按对照表「" + table + "」转换", EN: "Translated by the code table “" + table + "”"}, true
	}
	text := strings.TrimSpace(value)
	if !strings.HasPrefix(text, lookup) {
		return field.Text{}, false
	}
	rest := strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(text, lookup)), "find ")
	what, rest, ok := strings.Cut(rest, " from ")
	alias, where, asks := strings.Cut(strings.TrimSpace(rest), " where ")
	if !ok || !asks {
		return field.Text{ZH: "联查：" + text, EN: "Look-up: " + text}, true
	}
	name := title(strings.TrimSpace(alias))
	what, where = strings.TrimSpace(what), strings.TrimSpace(where)
	return field.Text{
		ZH: "在方案「" + name + "」的单据中查 " + what + "，条件 " + where,
		EN: "Looks up " + what + " among the documents of “" + name + "” where " + where,
	}, true
}
