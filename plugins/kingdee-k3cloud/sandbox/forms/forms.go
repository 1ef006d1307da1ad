// Package forms is what the simulated server knows of its business objects: their fields,
// how they are made of each other, and the metadata that it answers of them.
//
// It belongs to the sandbox and may import the standard library and sdk/item only.
package forms

import "strings"

// Kind is how a field's value is read, compared and written.
type Kind uint8

// The kinds.
const (
	Text Kind = iota
	Decimal
	Boolean
	Date
	Datetime
	Base
)

// Level is where a field lives in a bill.
type Level uint8

// The levels.
const (
	Head Level = iota
	Sub
	Line
)

// Field is one field of a form.
type Field struct {
	Key, Title string
	Kind       Kind
	// Base is the form a base-data field refers to.
	Base  string
	Level Level
}

// Form is one business object. The field lists come from the public field
// tables of the WebAPI; which of them are required is partly inferred, so that
// list is a setting.
type Form struct {
	ID, Title string
	// PK and Number are the header's key fields.
	PK, Number string
	// Entry and Sub name the members for lines and for the finance sub-header; "" when there are none.
	Entry, Sub string
	// Property is the member of lines in the answer of View.
	Property string
	// Prefix begins automatic numbers.
	Prefix   string
	Required []string
	Fields   []Field
}

// Field finds a field by its key in any case.
func (f *Form) Field(key string) (Field, bool) {
	for _, one := range f.Fields {
		if strings.EqualFold(one.Key, key) {
			return one, true
		}
	}
	return Field{}, false
}

// StatusName gives the status of a bill (FDocumentStatus) as refusals call it.
func StatusName(status string) string {
	switch status {
	case "Z":
		return "暂存"
	case "B":
		return "审核中"
	case "C":
		return "已审核"
	case "D":
		return "重新审核"
	}
	return "未提交"
}

// All gives every business object the sandbox knows.
func All() []*Form {
	all := []*Form{
		master("BD_MATERIAL", "物料", "FMATERIALID", Field{Key: "FSpecification", Title: "规格型号"}, Field{Key: "FBarCode", Title: "条码"},
			organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织")),
		master("BD_Customer", "客户", "FCUSTID", organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织"),
			Field{Key: "FTEL", Title: "联系电话"}),
		master("BD_STOCK", "仓库", "FStockId", organisation("FUseOrgId", "使用组织")),
		master("ORG_Organizations", "组织机构", "FOrgID", Field{Key: "FOrgFormID", Title: "形态"}),
		master("CN_BANKACNT", "银行账号", "FBANKACNTID", organisation("FUseOrgId", "使用组织")),
		master("BD_Currency", "币别", "FCURRENCYID", Field{Key: "FCODE", Title: "货币代码"}),
		master("BOS_BillType", "单据类型", "FBillTypeID", Field{Key: "FBillFormID", Title: "业务对象"}),
		master("BOS_ASSISTANTDATA_SELECT", "辅助资料", "FEntryID", Field{Key: "FAssistantType", Title: "类别"}),
		master("BD_Supplier", "供应商", "FSupplierId", organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织")),
		master("BD_UNIT", "计量单位", "FUNITID"),
		master("BD_Department", "部门", "FDEPTID", organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织")),
		employee(),
		master("BD_Account", "科目", "FACCTID"),
		master("BD_Expense", "费用项目", "FEXPID"),
		returnStock(), outStock(), payApply(), payBill(),
	}
	for _, d := range all {
		d.Fields = append(d.Fields,
			Field{Key: "FDocumentStatus", Title: "数据状态"}, Field{Key: "FForbidStatus", Title: "禁用状态"},
			Field{Key: "FCreateDate", Title: "创建日期", Kind: Datetime}, Field{Key: "FModifyDate", Title: "修改日期", Kind: Datetime},
			Field{Key: "FApproveDate", Title: "审核日期", Kind: Datetime})
	}
	return all
}

func organisation(key, title string) Field {
	return Field{Key: key, Title: title, Kind: Base, Base: "ORG_Organizations"}
}

func master(id, title, pk string, more ...Field) *Form {
	return &Form{
		ID: id, Title: title, PK: pk, Number: "FNumber", Prefix: strings.ToUpper(id[:2]), Required: []string{"FName"},
		Fields: append([]Field{{Key: "FNumber", Title: "编码"}, {Key: "FName", Title: "名称"}}, more...),
	}
}

// employee has a line for every post: queries that name a field of posts give a row for each.
func employee() *Form {
	d := master("BD_Empinfo", "员工", "FID", organisation("FUseOrgId", "使用组织"),
		Field{Key: "FMobile", Title: "移动电话"}, Field{Key: "FEmail", Title: "电子邮箱"},
		Field{Key: "FPostDept", Title: "所属部门", Kind: Base, Base: "BD_Department", Level: Line},
		Field{Key: "FIsFirstPost", Title: "主任岗", Kind: Boolean, Level: Line})
	d.Entry, d.Property = "FPostEntity", "PostEntity"
	return d
}

func returnStock() *Form {
	return &Form{
		ID: "SAL_RETURNSTOCK", Title: "销售退货单", PK: "FID", Number: "FBillNo", Entry: "FEntity", Sub: "SubHeadEntity",
		Property: "SAL_RETURNSTOCKENTRY", Prefix: "XSTHD",
		Required: []string{
			"FBillTypeID", "FSaleOrgId", "FDate", "FStockOrgId", "FRetcustId", "FSettleCurrId", "FSettleOrgId", "FEntity",
			"FMaterialId", "FRealQty", "FOwnerTypeId", "FOwnerId", "FStockId",
		},
		Fields: []Field{
			{"FBillNo", "单据编号", Text, "", Head},
			{"FBillTypeID", "单据类型", Base, "BOS_BillType", Head},
			{"FSaleOrgId", "销售组织", Base, "ORG_Organizations", Head},
			{"FDate", "日期", Date, "", Head},
			{"FStockOrgId", "库存组织", Base, "ORG_Organizations", Head},
			{"FRetcustId", "退货客户", Base, "BD_Customer", Head},
			{"FHeadNote", "备注", Text, "", Head},
			{"FSettleCurrId", "结算币别", Base, "BD_Currency", Sub},
			{"FSettleOrgId", "结算组织", Base, "ORG_Organizations", Sub},
			{"FBillAllAmount", "价税合计", Decimal, "", Sub},
			{"FMaterialId", "物料编码", Base, "BD_MATERIAL", Line},
			{"FRealQty", "实退数量", Decimal, "", Line},
			{"FPrice", "单价", Decimal, "", Line},
			{"FTaxPrice", "含税单价", Decimal, "", Line},
			{"FIsFree", "是否赠品", Boolean, "", Line},
			{"FEntryTaxRate", "税率%", Decimal, "", Line},
			{"FReturnType", "退货类型", Base, "BOS_ASSISTANTDATA_SELECT", Line},
			{"FOwnerTypeId", "货主类型", Text, "", Line},
			{"FOwnerId", "货主", Base, "ORG_Organizations", Line},
			{"FStockId", "仓库", Base, "BD_STOCK", Line},
			{"FNote", "备注", Text, "", Line},
			{"FAmount", "金额", Decimal, "", Line},
			{"FAllAmount", "价税合计", Decimal, "", Line},
		},
	}
}

// payApply is what is paid by a payment; the public examples push it to one.
func payApply() *Form {
	return &Form{
		ID: "CN_PAYAPPLY", Title: "付款申请单", PK: "FID", Number: "FBillNo", Entry: "FPAYAPPLYENTRY", Property: "FPAYAPPLYENTRY", Prefix: "FKSQ",
		Required: []string{"FDATE", "FPAYORGID", "FCURRENCYID", "FRECTUNIT", "FPAYAPPLYENTRY", "FAPPLYAMOUNTFOR"},
		Fields: []Field{
			{"FBillNo", "单据编号", Text, "", Head},
			{"FDATE", "申请日期", Date, "", Head},
			{"FPAYORGID", "付款组织", Base, "ORG_Organizations", Head},
			{"FCURRENCYID", "币别", Base, "BD_Currency", Head},
			{"FRECTUNIT", "收款单位", Base, "BD_Supplier", Head},
			{"FDescription", "备注", Text, "", Head},
			{"FAPPLYAMOUNTFOR", "申请付款金额", Decimal, "", Line},
			{"FCOSTID", "费用项目", Base, "BD_Expense", Line},
		},
	}
}

func payBill() *Form {
	return &Form{
		ID: "AP_PAYBILL", Title: "付款单", PK: "FID", Number: "FBillNo", Entry: "FPAYBILLENTRY", Property: "PAYBILLENTRY", Prefix: "FKD",
		Required: []string{"FDATE", "FPAYORGID", "FCURRENCYID", "FRECTUNIT", "FPAYBILLENTRY", "FPAYTOTALAMOUNTFOR"},
		Fields: []Field{
			{"FBillNo", "单据编号", Text, "", Head},
			{"FDATE", "业务日期", Date, "", Head},
			{"FPAYORGID", "付款组织", Base, "ORG_Organizations", Head},
			{"FCURRENCYID", "币别", Base, "BD_Currency", Head},
			{"FRECTUNIT", "收款单位", Base, "BD_Supplier", Head},
			{"FREMARK", "备注", Text, "", Head},
			{"FPAYTOTALAMOUNTFOR", "应付金额", Decimal, "", Line},
			{"FACCOUNTID", "我方银行账号", Base, "CN_BANKACNT", Line},
			{"FSOURCETYPE", "源单类型", Text, "", Line},
			{"FSRCBILLNO", "源单编号", Text, "", Line},
		},
	}
}

// outStock has the fields that a sales-delivery query names in practice, so that it can be read.
func outStock() *Form {
	d := &Form{
		ID: "SAL_OUTSTOCK", Title: "销售出库单", PK: "FID", Number: "FBillNo", Entry: "FEntity", Sub: "SubHeadEntity",
		Property: "SAL_OUTSTOCKENTRY", Prefix: "XSCKD",
		Required: []string{"FBillTypeID", "FSaleOrgId", "FDate", "FStockOrgId", "FCustomerID", "FEntity", "FMaterialID", "FRealQty"},
		Fields: []Field{
			{"FBillNo", "单据编号", Text, "", Head},
			{"FBillTypeID", "单据类型", Base, "BOS_BillType", Head},
			{"FDate", "日期", Date, "", Head},
			{"FSaleOrgId", "销售组织", Base, "ORG_Organizations", Head},
			{"FStockOrgId", "发货组织", Base, "ORG_Organizations", Head},
			{"FCustomerID", "客户", Base, "BD_Customer", Head},
			{"FSettleOrgID", "结算组织", Base, "ORG_Organizations", Sub},
			{"FBillAllAmount", "价税合计", Decimal, "", Sub},
			{"FMaterialID", "物料编码", Base, "BD_MATERIAL", Line},
			{"FMustQty", "应发数量", Decimal, "", Line},
			{"FRealQty", "实发数量", Decimal, "", Line},
			{"FPrice", "单价", Decimal, "", Line},
			{"FTaxPrice", "含税单价", Decimal, "", Line},
			{"FIsFree", "是否赠品", Boolean, "", Line},
			{"FEntryTaxRate", "税率%", Decimal, "", Line},
			{"FEntryTaxAmount", "税额", Decimal, "", Line},
			{"FAmount", "金额", Decimal, "", Line},
			{"FAllAmount", "价税合计", Decimal, "", Line},
			{"FProduceDate", "生产日期", Date, "", Line},
			{"FExpiryDate", "有效期至", Date, "", Line},
			{"FStockID", "仓库", Base, "BD_STOCK", Line},
		},
	}
	for _, id := range []string{"FSaleDeptID", "FCarrierID", "FSalesGroupID", "FSalesManID", "FHeadLocationId", "FCorrespondOrgId", "FSettleTypeID", "FBranchId"} {
		d.Fields = append(d.Fields, Field{id, id, Base, "BOS_ASSISTANTDATA_SELECT", Head})
	}
	for key := range strings.FieldsSeq("FCarriageNO FLinkPhone FLinkMan FReceiveAddress FReceiverAddress FReceiverName FReceiverMobile " +
		"FReceiverCountry FReceiverState FReceiverCity FReceiverDistrict FReceiverPhone FSHOPNUMBER FSALECHANNEL FVIPCODE FThirdBillNo FNote") {
		d.Fields = append(d.Fields, Field{key, key, Text, "", Head})
	}
	for _, id := range []string{"FCustMatID", "FStockStatusID"} {
		d.Fields = append(d.Fields, Field{id, id, Base, "BOS_ASSISTANTDATA_SELECT", Line})
	}
	for key := range strings.FieldsSeq("FBarcode FLot FMtoNo FEntrynote FSrcType FSrcBillNo FSoorDerno FDiscountRate FDiscount FPriceDiscount " +
		"FSOEntryId FB2CORDERDETAILID FThirdEntryId FETHIRDBILLID FETHIRDBILLNO FGYFINDate") {
		d.Fields = append(d.Fields, Field{key, key, Text, "", Line})
	}
	return d
}
