package problem_test

import (
	"regexp"
	"strings"
	"testing"

	texts "github.com/karezflow/karez/engine/value"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/server/api/problem"
)

// finder takes every name.
type finder struct{}

func (finder) Stream(name string, _ []string) (string, *fault.Fault) { return name, nil }
func (finder) Table(string) *fault.Fault                             { return nil }

// What a text lacks is told in Chinese, with its place.
func TestWhatIsExpectedIsSaidInChinese(t *testing.T) {
	t.Parallel()
	words, err := problem.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	ours := regexp.MustCompile(`[a-z]{3,}`)
	for _, c := range [][2]string{
		{"{{a", "第 1 行第 1 列：这里应为与这个 {{ 配对的 }}"},
		{"{{a {{b}}", "第 1 行第 5 列：这里应为下一个 {{ 之前的 }}"},
		{"{{}}", "第 1 行第 3 列：这里应为字段的名称"},
		{"{{a..b}}", "第 1 行第 3 列：这里应为点号两边都有名称"},
		{"{{DAYS_AGO_x}}", ""},
		{"{{a|round(}}", "第 1 行第 5 列：这里应为round( 之后的右括号 )"},
		{"{{a|round(x)}}", "第 1 行第 5 列：这里应为round(x) 中 0 到 1000 的整数"},
		{"{{a|date(1)}}", "第 1 行第 5 列：这里应为不带参数的 date"},
		{"{{a|no}}", ""},
		{"_function 1 +", "第 1 行第 14 列：_function 表达式在这里应为后续内容：表达式过早结束"},
		{"_function 'a", "第 1 行第 11 列：_function 表达式在这里应为与它配对的 '"},
		{"_function 1 2", "第 1 行第 13 列：_function 表达式在这里应为\"2\" 以外的内容"},
		{"_function `{{a}}`", ""},
		{"_function", ""},
		{"_function 1, 2", ""},
		{"_findCollection", "第 1 行第 16 列：这里应为find 和要取的字段"},
		{"_findCollection find", ""},
		{"_findCollection find a", ""},
		{"_findCollection find a from", ""},
		{"_findCollection find a from b", ""},
		{"_findCollection find a from b where", ""},
		{"_findCollection find a from b where =", ""},
		{"_findCollection find a from b where c", ""},
		{"_findCollection find a from b where c=", ""},
		{"_findCollection find a from b where c='x", ""},
		{`_findCollection find a from b where c="x`, ""},
		{"_findCollection find a from b where c=1 _endFind x", ""},
		{"_function _findCollection find a from b where c=1", ""},
		{strings.Repeat("_findCollection find a from b where c=", 20), ""},
	} {
		text, want := c[0], c[1]
		_, err := texts.Compile(text, texts.Options{Finder: finder{}})
		f := fault.From(err)
		if err == nil {
			t.Errorf("%s is taken", text)
			continue
		}
		said, _ := words.Say(problem.Chinese, f.Code, f.Message, f.Hint, f.Args)
		if want != "" && said != want {
			t.Errorf("%s: %s, want %s", text, said, want)
		}
		for _, word := range ours.FindAllString(said, -1) {
			if !strings.Contains(text, word) && !strings.Contains("find from where items such iso unix number date time amount implode intval round long description function end", strings.ToLower(word)) && !strings.Contains(said, "格式之一") {
				t.Errorf("%s: %s in %s", text, word, said)
			}
		}
	}
}
