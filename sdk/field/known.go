package field

// Known is a field of documents, typed in or discovered from real ones.
type Known struct {
	Field     string `json:"field"`
	Type      string `json:"type"`
	Title     string `json:"title"`
	Origin    string `json:"origin"`
	FirstSeen string `json:"firstSeen"`
	Sample    string `json:"sample"`
}

// KnownFields declares the setting "fields" of nodes by which documents enter a flow: a
// list of Known.
func KnownFields(describe Text) Setting {
	return Setting{
		Key: "fields", Kind: List, Title: Text{ZH: "响应字段", EN: "Known fields"},
		Describe: describe,
		Items: []Setting{
			{Key: "field", Kind: PlainText, Title: Text{ZH: "字段", EN: "Field"}, Required: true},
			{
				Key: "type", Kind: PlainChoice, Title: Text{ZH: "类型", EN: "Type"},
				Options: []Option{
					{Value: string(String), Title: Text{ZH: "文本", EN: "Text"}},
					{Value: string(Int), Title: Text{ZH: "整数", EN: "Whole number"}},
					{Value: string(Decimal), Title: Text{ZH: "小数", EN: "Decimal"}},
					{Value: string(Bool), Title: Text{ZH: "是否", EN: "Yes or no"}},
					{Value: string(Date), Title: Text{ZH: "日期", EN: "Date"}},
					{Value: string(Datetime), Title: Text{ZH: "日期时间", EN: "Date and time"}},
					{Value: string(Array), Title: Text{ZH: "数组", EN: "List"}},
					{Value: string(Object), Title: Text{ZH: "对象", EN: "Object"}},
					{Value: string(JSON), Title: Text{ZH: "JSON 文本", EN: "JSON text"}},
				},
			},
			{Key: "title", Kind: PlainText, Title: Text{ZH: "名称", EN: "Title"}},
			{
				Key: "origin", Kind: PlainChoice, Title: Text{ZH: "来源", EN: "Origin"},
				Options: []Option{
					{Value: "manual", Title: Text{ZH: "手工", EN: "Typed in"}},
					{Value: "auto", Title: Text{ZH: "自动发现", EN: "Discovered"}},
				},
			},
			{Key: "firstSeen", Kind: PlainTime, Title: Text{ZH: "首次出现", EN: "First seen"}},
			{Key: "sample", Kind: PlainText, Title: Text{ZH: "样例", EN: "Sample"}},
		},
	}
}
