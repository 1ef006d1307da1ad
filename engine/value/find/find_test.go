package find_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/karezflow/karez/engine/value/find"
)

func TestParse(t *testing.T) {
	t.Parallel()
	inner := &find.Query{Find: "code", From: "shops", FromAt: 69, End: 101, Closed: true, Where: []find.Condition{{Path: "id", Value: "{{shop}}", At: 84}}}
	cases := map[string]*find.Query{
		"_findCollection find FUseOrgId from c2b5e68c-1b80 where FNumber={{payer no}}": {
			Find: "FUseOrgId", From: "c2b5e68c-1b80", FromAt: 36, End: 76, Where: []find.Condition{{Path: "FNumber", Value: "{{payer no}}", At: 64}},
		},
		"_findCollection FIND F from banks.rows where A={{x}} B='it''s {{y|date}}' and C = 7 _endFind rest": {
			Find: "F", From: "banks.rows", FromAt: 28, End: 92, Closed: true,
			Where: []find.Condition{{Path: "A", Value: "{{x}}", At: 47}, {Path: "B", Value: "it's {{y|date}}", At: 56}, {Path: "C", Value: "7", At: 82}},
		},
		"_findCollection find a from b where c=_findCollection find code from shops where id={{shop}} _endFind d=\"x y\"": {
			Find: "a", From: "b", FromAt: 28, End: 109,
			Where: []find.Condition{{Path: "c", At: 38, Nested: inner}, {Path: "d", Value: "x y", At: 105}},
		},
	}
	for text, want := range cases {
		got, err := find.Parse(text, 0)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestParseTellsWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		at    int
		words string
	}{
		"_findCollection":                                                               {15, "find and"},
		"_findCollection get F":                                                         {16, "find and"},
		"_findCollection find":                                                          {20, "the wanted field"},
		"_findCollection find F of b":                                                   {23, "from and"},
		"_findCollection find F from":                                                   {27, "the alias"},
		"_findCollection find F from b":                                                 {29, "where and"},
		"_findCollection find F from b where":                                           {35, "a condition"},
		"_findCollection find F from b where _endFind":                                  {44, "a condition"},
		"_findCollection find F from b where A":                                         {37, "= and a value"},
		"_findCollection find F from b where A=":                                        {38, "a value"},
		"_findCollection find F from b where A= _endFind":                               {39, "a value"},
		"_findCollection find F from b where =x":                                        {36, "the name of a field"},
		"_findCollection find F from b where A='x":                                      {38, "a closing '"},
		"_findCollection find F from b where A=1 and":                                   {43, "a condition"},
		"_findCollection find F from b where A=_findCollection find x":                  {60, "from and"},
		"_findCollection find F from b where A=_findCollection find x from y where z=1": {77, "_endFind"},
	} {
		_, err := find.Parse(text, 0)
		var wrong *find.SyntaxError
		if !errors.As(err, &wrong) || wrong.At != want.at || !strings.Contains(wrong.Want, want.words) {
			t.Errorf("%s: %+v", text, wrong)
		}
	}
	deep := strings.Repeat("_findCollection find a from b where c=", 50)
	if _, err := find.Parse(deep, 0); err == nil {
		t.Error("fifty look-ups inside each other are read")
	}
}

func TestIndex(t *testing.T) {
	t.Parallel()
	text := "x_findCollection find _findCollections _findCollection find"
	if at := find.Index(text, 0); at != 39 {
		t.Errorf("found at %d", at)
	}
	if at := find.Index(text, 40); at != -1 {
		t.Errorf("found at %d", at)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("_findCollection find a from b where c={{d}} e='f' _endFind")
	f.Fuzz(func(t *testing.T, text string) {
		if !strings.HasPrefix(text, find.Prefix) {
			return
		}
		q, err := find.Parse(text, 0)
		var wrong *find.SyntaxError
		switch {
		case err == nil && (q.End > len(text) || len(q.Where) == 0 || q.Find == "" || q.From == ""):
			t.Errorf("%+v", q)
		case err != nil && (!errors.As(err, &wrong) || wrong.At > len(text) || wrong.Want == ""):
			t.Errorf("%v", err)
		}
	})
}
