package file_test

import (
	"testing"

	"github.com/karezflow/karez/nodes/file"
	"github.com/karezflow/karez/sdk/nodetest"
)

func TestDeclaration(t *testing.T) {
	t.Parallel()
	nodetest.Declaration(t, file.Node{})
}

func TestSettings(t *testing.T) {
	t.Parallel()
	nodetest.CheckSettings(t, file.Node{},
		nodetest.Settled{Name: "an upload", Settings: `{"file":"orders.csv","key":"{{no}}"}`},
		nodetest.Settled{Name: "nothing", Settings: `{}`, Want: []string{"setting.required at file", "setting.required at key"}},
		nodetest.Settled{Name: "no folder", Settings: `{"from":"folder","key":"{{no}}"}`, Want: []string{"setting.required at folder"}},
		nodetest.Settled{
			Name: "everything",
			Settings: `{"from":"folder","folder":"bank/2024","pattern":"*.csv","after":"delete","format":"csv","encoding":"gbk","delimiter":"tab","header":3,
				"columns":[{"column":"金额","field":"amount","type":"decimal"},{"column":"日期","type":"date"}],"position":true,
				"key":"{{_file}}-{{_row}}","number":"{{no}}","modified":"{{at}}","onSeen":"revise","keep":[[{"field":"状态","logic":"eq","value":"1"}]],
				"regroup":{"by":["no"],"lines":{"into":"lines","rest":true}},"fields":[{"field":"no","type":"string"}]}`,
		},
		nodetest.Settled{Name: "JSON", Settings: `{"file":"a.json","format":"json","rowsPath":"data.items","key":"{{id}}","explode":{"path":"lines","key":"{{no}}"}}`},
		nodetest.Settled{Name: "no choice", Settings: `{"file":"a","key":"x","format":"xls"}`, Want: []string{"setting.not_an_option at format"}},
		nodetest.Settled{Name: "no header", Settings: `{"file":"a","key":"x","header":0}`},
		nodetest.Settled{Name: "a header above the file", Settings: `{"file":"a","key":"x","header":-1}`, Want: []string{"setting.out_of_range at header"}},
		nodetest.Settled{Name: "a pattern of folders", Settings: `{"from":"folder","folder":"in","pattern":"*/a.csv","key":"x"}`, Want: []string{"file.pattern_invalid at pattern"}},
		nodetest.Settled{Name: "no pattern", Settings: `{"from":"folder","folder":"in","pattern":"[a","key":"x"}`, Want: []string{"file.pattern_invalid at pattern"}},
		nodetest.Settled{
			Name: "columns twice", Settings: `{"file":"a","key":"x","columns":[{"column":"a","field":"x"},{"column":"a","field":"x"}]}`,
			Want: []string{"file.column_repeated at columns[1].column", "file.column_repeated at columns[1].field"},
		},
		nodetest.Settled{
			Name: "as at a source", Settings: `{"file":"a","key":"x","regroup":{"by":["no"],"lines":{"into":"no","rest":true}}}`,
			Want: []string{"source.regroup_overlap at regroup.lines.into"},
		},
	)
}

func TestFolders(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"inbox": true, "bank/2024": true, "银行 流水": true,
		"": false, "/etc": false, "..": false, "a/../b": false, "a//b": false, ".hidden": false, "a/.b": false, "a/": false, "a\\b": false, "C:": false,
		" a": false, "a\x00": false, "\xff": false,
	} {
		if file.ValidFolder(name) != want {
			t.Errorf("%q: %t", name, !want)
		}
		settings := []byte(`{"from":"folder","folder":"in"}`)
		if len(file.Node{}.CheckSettings(settings)) != 0 {
			t.Error("a good folder is refused")
		}
	}
	if f := (file.Node{}).CheckSettings([]byte(`{"from":"folder","folder":"../x"}`)); len(f) != 1 || f[0].Code != "file.folder_invalid" || f[0].Path != "folder" {
		t.Errorf("%v", f)
	}
}
