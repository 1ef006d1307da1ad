package forms

import (
	"slices"
	"strconv"

	"github.com/karezflow/karez/sdk/item"
)

// Info gives the metadata of a form as QueryBusinessInfo answers it in NeedReturnData:
// its entities, header first, each with its fields.
func (f *Form) Info(required []string) []byte {
	out := append(item.AppendText([]byte(`{"Id":`), f.ID), `,"Name":`...)
	out = append(names(out, f.Title, f.ID), `,"PkFieldName":`...)
	out = append(item.AppendText(out, f.PK), `,"PkFieldType":"INT","Entrys":[`...)
	out = f.entity(out, "FBillHead", "单据头", "HeadEntity", f.PK, Head, required)
	if f.Sub != "" {
		out = f.entity(append(out, ','), f.Sub, "财务信息", "SubHeadEntity", f.PK, Sub, required)
	}
	if f.Entry != "" {
		out = f.entity(append(out, ','), f.Entry, "明细信息", "EntryEntity", "FEntryID", Line, required)
	}
	return append(out, `],"Operations":[]}`...)
}

func (f *Form) entity(out []byte, key, title, kind, pk string, level Level, required []string) []byte {
	out = append(item.AppendText(append(out, `{"Key":`...), key), `,"Name":`...)
	out = append(item.AppendText(append(names(out, title, key), `,"EntityType":`...), kind), `,"EntryPkFieldName":`...)
	out = append(item.AppendText(out, pk), `,"MustInput":`...)
	out = append(strconv.AppendInt(out, must(required, key), 10), `,"Fields":[`...)
	first := true
	for _, one := range f.Fields {
		if one.Level != level {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = one.info(out, must(required, one.Key))
	}
	return append(out, `]}`...)
}

func must(required []string, key string) int64 {
	if slices.Contains(required, key) {
		return 1
	}
	return 0
}

func (f Field) info(out []byte, must int64) []byte {
	out = append(item.AppendText(append(out, `{"Key":`...), f.Key), `,"Name":`...)
	out = append(names(out, f.Title, f.Key), `,"ElementType":`...)
	element, column := f.types()
	out = append(item.AppendText(out, element), `,"FieldType":`...)
	out = append(item.AppendText(out, column), `,"MustInput":`...)
	out = strconv.AppendInt(out, must, 10)
	if f.Base != "" {
		out = append(item.AppendText(append(out, `,"LookUpObject":{"FormId":`...), f.Base), '}')
	}
	return append(out, '}')
}

// types gives the kind of control and the type of the column.
func (f Field) types() (element, column string) {
	switch f.Kind {
	case Decimal:
		return "DecimalField", "decimal"
	case Boolean:
		return "CheckBoxField", "char"
	case Date:
		return "DateField", "datetime"
	case Datetime:
		return "DateTimeField", "datetime"
	case Base:
		return "BaseDataField", "int"
	case Text:
	}
	return "TextField", "nvarchar"
}

// names are a title in the languages that it is known in.
func names(out []byte, title, key string) []byte {
	out = append(item.AppendText(append(out, `[{"Key":2052,"Value":`...), title), '}')
	if english := english(key); english != "" {
		out = append(item.AppendText(append(out, `,{"Key":1033,"Value":`...), english), '}')
	}
	return append(out, ']')
}

// english gives the title of what has a translation; the rest has none, as in most account sets.
func english(key string) string {
	return map[string]string{
		"SAL_RETURNSTOCK": "Sales Return", "SAL_OUTSTOCK": "Sales Delivery", "BD_MATERIAL": "Material", "BD_Customer": "Customer",
		"CN_PAYAPPLY": "Payment Request", "AP_PAYBILL": "Payment", "FBillHead": "Header", "FEntity": "Details",
		"FBillNo": "Bill No.", "FDate": "Date", "FDATE": "Date", "FMaterialId": "Material", "FRealQty": "Quantity",
		"FTaxPrice": "Price with Tax", "FRetcustId": "Customer", "FNumber": "Number", "FName": "Name",
	}[key]
}
