// Package file is the node 文件: it takes the rows of files as documents into the
// ledger, of files that were uploaded and of those that are put into a folder. The
// engine interprets its settings.
//
// It may import sdk packages and nodes/internal/records only.
package file

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/karezflow/karez/nodes/internal/records"
	"github.com/karezflow/karez/sdk/fault"
	"github.com/karezflow/karez/sdk/field"
	"github.com/karezflow/karez/sdk/node"
)

// Node is the type file.
type Node struct{}

// The choices of from.
const (
	Upload = "upload"
	Folder = "folder"
)

// Declaration implements node.Type.
func (Node) Declaration() node.Declaration {
	return node.Declaration{
		Type: "file", TypeVersion: 1,
		Title: field.Text{ZH: "文件", EN: "File"},
		Describe: field.Text{
			ZH: "把 CSV、Excel、JSON 文件的每一行作为单据存入数据管理；文件可以上传，也可以放进一个文件夹。",
			EN: "Takes the rows of CSV, Excel and JSON files into the ledger: of a file that is uploaded, or of those that are put into a folder.",
		},
		Icon: "file-text", Category: "read",
		Kind: node.Pull, Role: node.File,
		Outputs:  []node.Port{{Name: "out", Title: field.Text{ZH: "单据", EN: "Documents"}, Traffic: node.Documents}},
		Settings: append(append(places(), reading()...), recordSettings()...),
	}
}

// places say where the files are.
func places() []field.Setting {
	inFolder := &field.When{Key: "from", In: []string{Folder}}
	return []field.Setting{
		{
			Key: "from", Kind: field.PlainChoice, Title: field.Text{ZH: "文件来自", EN: "Files come from"}, Default: Upload,
			Options: []field.Option{
				{Value: Upload, Title: field.Text{ZH: "上传", EN: "An upload"}},
				{Value: Folder, Title: field.Text{ZH: "文件夹", EN: "A folder"}},
			},
		},
		{
			Key: "file", Kind: field.File, Title: field.Text{ZH: "文件", EN: "File"}, Required: true, When: &field.When{Key: "from", In: []string{Upload}},
			Describe: field.Text{
				ZH: "按文件名引用：以同一名称上传新内容后，下一次运行读取新内容。",
				EN: "It is known by its name: after new content is uploaded under it, the next run reads that.",
			},
		},
		{
			Key: "folder", Kind: field.Folder, Title: field.Text{ZH: "文件夹", EN: "Folder"}, Required: true, When: inFolder,
			Describe: field.Text{
				ZH: "服务器数据目录中本工作空间的文件夹，例如 inbox 或 bank/2024。方案启用后，有新文件或文件有变化就会运行。",
				EN: "A folder of this workspace in the server's data folder, for example inbox or bank/2024. An enabled flow runs when a file comes in or changes.",
			},
		},
		{
			Key: "pattern", Kind: field.PlainText, Title: field.Text{ZH: "文件名", EN: "File names"}, Default: "*", When: inFolder,
			Describe: field.Text{ZH: "读取哪些文件，例如 *.csv 或 order-*.xlsx。", EN: "Which files are read, for example *.csv or order-*.xlsx."},
		},
		{
			Key: "after", Kind: field.PlainChoice, Title: field.Text{ZH: "读完之后", EN: "After reading"}, Default: "move", When: inFolder,
			Describe: field.Text{
				ZH: "文件的所有行都存入数据管理之后才会移动或删除；有错误的文件留在原处。",
				EN: "Files are moved or deleted when all their rows are in the ledger; a file with an error stays where it is.",
			},
			Options: []field.Option{
				{Value: "keep", Title: field.Text{ZH: "留在原处", EN: "Leave the file"}},
				{Value: "move", Title: field.Text{ZH: "移到 done 文件夹", EN: "Move it to the folder done"}},
				{Value: "delete", Title: field.Text{ZH: "删除文件", EN: "Delete the file"}},
			},
		},
	}
}

// reading says how a file is read.
func reading() []field.Setting {
	tables := &field.When{Key: "format", In: []string{"auto", "csv", "xlsx"}}
	zero := int64(0)
	auto := field.Option{Value: "auto", Title: field.Text{ZH: "自动识别", EN: "Find out"}}
	return []field.Setting{
		{
			Key: "format", Kind: field.PlainChoice, Title: field.Text{ZH: "格式", EN: "Format"}, Default: "auto",
			Options: []field.Option{
				auto,
				{Value: "csv", Title: field.Text{ZH: "CSV", EN: "CSV"}},
				{Value: "xlsx", Title: field.Text{ZH: "Excel (XLSX)", EN: "Excel (XLSX)"}},
				{Value: "json", Title: field.Text{ZH: "JSON", EN: "JSON"}},
				{Value: "ndjson", Title: field.Text{ZH: "每行一个 JSON (NDJSON)", EN: "One JSON object a line (NDJSON)"}},
			},
		},
		{
			Key: "encoding", Kind: field.PlainChoice, Title: field.Text{ZH: "编码", EN: "Encoding"}, Default: "auto",
			When: &field.When{Key: "format", In: []string{"auto", "csv", "json", "ndjson"}},
			Options: []field.Option{
				auto,
				{Value: "utf-8", Title: field.Text{ZH: "UTF-8", EN: "UTF-8"}},
				{Value: "gbk", Title: field.Text{ZH: "GBK / GB18030", EN: "GBK / GB18030"}},
			},
		},
		{
			Key: "delimiter", Kind: field.PlainChoice, Title: field.Text{ZH: "分隔符", EN: "Delimiter"}, Default: "auto", When: &field.When{Key: "format", In: []string{"auto", "csv"}},
			Options: []field.Option{
				auto,
				{Value: ",", Title: field.Text{ZH: "逗号", EN: "Comma"}},
				{Value: ";", Title: field.Text{ZH: "分号", EN: "Semicolon"}},
				{Value: "tab", Title: field.Text{ZH: "制表符", EN: "Tab"}},
				{Value: "|", Title: field.Text{ZH: "竖线", EN: "Vertical bar"}},
			},
		},
		{
			Key: "sheet", Kind: field.PlainText, Title: field.Text{ZH: "工作表", EN: "Sheet"}, When: &field.When{Key: "format", In: []string{"auto", "xlsx"}},
			Describe: field.Text{ZH: "不填则读取第一个未隐藏的工作表。", EN: "The first that is not hidden, when it is empty."},
		},
		{
			Key: "header", Kind: field.PlainInt, Title: field.Text{ZH: "标题行", EN: "Header row"}, Default: "1", Min: &zero, When: tables,
			Describe: field.Text{
				ZH: "列名在第几行；填 0 表示没有标题行，列名为 A、B、C。",
				EN: "The row with the names of the columns; 0 where there is none: columns are then called A, B, C.",
			},
		},
		{
			Key: "columns", Kind: field.List, Title: field.Text{ZH: "列", EN: "Columns"}, When: tables,
			Describe: field.Text{
				ZH: "没有列出的列以列名为字段名，值都是文本，长数字和前面的 0 不会丢失。类型不符的行会被拒绝，不影响其他行。",
				EN: "Other columns are called as they are and hold texts, so that long numbers and leading zeros stay. A row that does not fit a type is rejected by itself.",
			},
			Items: []field.Setting{
				{Key: "column", Kind: field.PlainText, Title: field.Text{ZH: "列名", EN: "Column"}, Required: true},
				{Key: "field", Kind: field.PlainText, Title: field.Text{ZH: "字段", EN: "Field"}},
				{
					Key: "type", Kind: field.PlainChoice, Title: field.Text{ZH: "类型", EN: "Type"}, Default: string(field.String),
					Options: []field.Option{
						{Value: string(field.String), Title: field.Text{ZH: "文本", EN: "Text"}},
						{Value: string(field.Int), Title: field.Text{ZH: "整数", EN: "Whole number"}},
						{Value: string(field.Decimal), Title: field.Text{ZH: "小数", EN: "Decimal"}},
						{Value: string(field.Bool), Title: field.Text{ZH: "是否", EN: "Yes or no"}},
						{Value: string(field.Date), Title: field.Text{ZH: "日期", EN: "Date"}},
						{Value: string(field.Datetime), Title: field.Text{ZH: "日期时间", EN: "Date and time"}},
					},
				},
			},
		},
		{
			Key: "rowsPath", Kind: field.PlainText, Title: field.Text{ZH: "数组字段", EN: "List"}, When: &field.When{Key: "format", In: []string{"auto", "json"}},
			Describe: field.Text{
				ZH: "JSON 中存放记录的数组，例如 data.items；不填则整个文件是一个数组。",
				EN: "The list in a JSON file that holds the records, for example data.items; the file itself is the list when it is empty.",
			},
		},
		{
			Key: "position", Kind: field.PlainBool, Title: field.Text{ZH: "加上文件名和行号", EN: "Add file and row"},
			Describe: field.Text{
				ZH: "记录里加上 _file 和 _row 两个字段；没有唯一列的文件可以用它们组成主键。",
				EN: "Adds the fields _file and _row, of which a key can be made where no column identifies a row.",
			},
		},
	}
}

// recordSettings say what becomes of a row.
func recordSettings() []field.Setting {
	return []field.Setting{
		{
			Key: "key", Kind: field.Value, Title: field.Text{ZH: "主键", EN: "Key"}, Required: true,
			Describe: field.Text{ZH: "单据的唯一标识，例如 {{订单号}}。", EN: "What identifies a document, for example {{order_no}}."},
		},
		records.Number(), records.Modified(), records.OnSeen(), records.Regroup(), records.Explode(), records.Keep(),
		field.KnownFields(field.Text{
			ZH: "记录的字段；取样时自动补充没有的。这里的类型不会改变读到的值，只有声明为 JSON 文本的才打开，可以用 ext.name 这样的路径取里面的值。",
			EN: "Fields of the records; taking a sample adds those that are missing. Types never change what was read, but a JSON text is opened: paths such as ext.name reach into it.",
		}),
	}
}

// CheckSettings implements node.Checker.
func (Node) CheckSettings(raw []byte) []*fault.Fault {
	var s struct {
		From    string `json:"from"`
		Folder  string `json:"folder"`
		Pattern string `json:"pattern"`
		Columns []struct {
			Column string `json:"column"`
			Field  string `json:"field"`
		} `json:"columns"`
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return []*fault.Fault{fault.New("setting.wrong_type", "the settings do not fit").Classed(fault.Config).Because(err)}
	}
	var faults []*fault.Fault
	if s.From == Folder && !ValidFolder(s.Folder) {
		faults = append(faults, fault.New("file.folder_invalid", "%s is no folder of the workspace", s.Folder).At("folder").Classed(fault.Config).
			Hinted("write a name such as inbox or bank/2024, without a slash at its beginning and without .."))
	}
	if _, err := path.Match(s.Pattern, ""); err != nil || strings.Contains(s.Pattern, "/") {
		faults = append(faults, fault.New("file.pattern_invalid", "%s is no pattern of file names", s.Pattern).At("pattern").Classed(fault.Config).
			Hinted("for example *.csv or order-*.xlsx"))
	}
	columns, fields := map[string]bool{}, map[string]bool{}
	for i, c := range s.Columns {
		repeated := func(member, name string, seen map[string]bool) {
			if seen[name] {
				faults = append(faults, fault.New("file.column_repeated", "%s is listed already", name).At(fmt.Sprintf("columns[%d].%s", i, member)).Classed(fault.Config))
			}
			seen[name] = true
		}
		repeated("column", c.Column, columns)
		if c.Field != "" {
			repeated("field", c.Field, fields)
		}
	}
	return append(faults, records.Check(raw)...)
}

// ValidFolder reports whether a text names a folder of a workspace: names with
// slashes between them, none of which is hidden or leads upwards.
func ValidFolder(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || strings.HasPrefix(part, ".") || strings.TrimSpace(part) != part ||
			strings.ContainsFunc(part, func(r rune) bool { return unicode.IsControl(r) || strings.ContainsRune(`\:*?"<>|`, r) }) {
			return false
		}
	}
	return len(name) <= 200 && utf8.ValidString(name)
}

var (
	_ node.Type    = Node{}
	_ node.Checker = Node{}
)
