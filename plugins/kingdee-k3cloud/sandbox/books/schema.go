package books

import "strings"

// fieldKind is how a field's value is read, compared and written.
type fieldKind uint8

const (
	text fieldKind = iota
	decimal
	boolean
	date
	datetime
	base
)

// level is where a field lives in a bill.
type level uint8

const (
	head level = iota
	sub
	line
)

// fieldDef is one field of a form.
type fieldDef struct {
	key, title string
	kind       fieldKind
	// base is the form a base-data field refers to.
	base  string
	level level
}

// formDef is one business object. The field lists come from the public field
// tables of the WebAPI; which of them are required is partly inferred, so that
// list is a setting.
type formDef struct {
	id, title string
	// pk and number are the header's key fields.
	pk, number string
	// entry and sub name the members for lines and for the finance sub-header; "" when there are none.
	entry, sub string
	// property is the member of lines in the answer of View.
	property string
	// prefix begins automatic numbers.
	prefix   string
	required []string
	fields   []fieldDef
}

// field finds a field by its key in any case.
func (d *formDef) field(key string) (fieldDef, bool) {
	for _, f := range d.fields {
		if strings.EqualFold(f.key, key) {
			return f, true
		}
	}
	return fieldDef{}, false
}

// forms gives every business object the sandbox knows.
func forms() []*formDef {
	all := []*formDef{
		master("BD_MATERIAL", "物料", "FMATERIALID", fieldDef{key: "FSpecification", title: "规格型号"}, fieldDef{key: "FBarCode", title: "条码"},
			organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织")),
		master("BD_Customer", "客户", "FCUSTID", organisation("FCreateOrgId", "创建组织"), organisation("FUseOrgId", "使用组织"),
			fieldDef{key: "FTEL", title: "联系电话"}),
		master("BD_STOCK", "仓库", "FStockId", organisation("FUseOrgId", "使用组织")),
		master("ORG_Organizations", "组织机构", "FOrgID", fieldDef{key: "FOrgFormID", title: "形态"}),
		master("CN_BANKACNT", "银行账号", "FBANKACNTID", organisation("FUseOrgId", "使用组织")),
		master("BD_Currency", "币别", "FCURRENCYID", fieldDef{key: "FCODE", title: "货币代码"}),
		master("BOS_BillType", "单据类型", "FBillTypeID", fieldDef{key: "FBillFormID", title: "业务对象"}),
		master("BOS_ASSISTANTDATA_SELECT", "辅助资料", "FEntryID", fieldDef{key: "FAssistantType", title: "类别"}),
		returnStock(), outStock(),
	}
	for _, d := range all {
		d.fields = append(d.fields,
			fieldDef{key: "FDocumentStatus", title: "数据状态"}, fieldDef{key: "FForbidStatus", title: "禁用状态"},
			fieldDef{key: "FCreateDate", title: "创建日期", kind: datetime}, fieldDef{key: "FModifyDate", title: "修改日期", kind: datetime},
			fieldDef{key: "FApproveDate", title: "审核日期", kind: datetime})
	}
	return all
}

func organisation(key, title string) fieldDef {
	return fieldDef{key: key, title: title, kind: base, base: "ORG_Organizations"}
}

func master(id, title, pk string, more ...fieldDef) *formDef {
	return &formDef{
		id: id, title: title, pk: pk, number: "FNumber", prefix: strings.ToUpper(id[:2]), required: []string{"FName"},
		fields: append([]fieldDef{{key: "FNumber", title: "编码"}, {key: "FName", title: "名称"}}, more...),
	}
}

func returnStock() *formDef {
	return &formDef{
		id: "SAL_RETURNSTOCK", title: "销售退货单", pk: "FID", number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity",
		property: "SAL_RETURNSTOCKENTRY", prefix: "XSTHD",
		required: []string{
			"FBillTypeID", "FSaleOrgId", "FDate", "FStockOrgId", "FRetcustId", "FSettleCurrId", "FSettleOrgId", "FEntity",
			"FMaterialId", "FRealQty", "FOwnerTypeId", "FOwnerId", "FStockId",
		},
		fields: []fieldDef{
			{"FBillNo", "单据编号", text, "", head},
			{"FBillTypeID", "单据类型", base, "BOS_BillType", head},
			{"FSaleOrgId", "销售组织", base, "ORG_Organizations", head},
			{"FDate", "日期", date, "", head},
			{"FStockOrgId", "库存组织", base, "ORG_Organizations", head},
			{"FRetcustId", "退货客户", base, "BD_Customer", head},
			{"FHeadNote", "备注", text, "", head},
			{"FSettleCurrId", "结算币别", base, "BD_Currency", sub},
			{"FSettleOrgId", "结算组织", base, "ORG_Organizations", sub},
			{"FBillAllAmount", "价税合计", decimal, "", sub},
			{"FMaterialId", "物料编码", base, "BD_MATERIAL", line},
			{"FRealQty", "实退数量", decimal, "", line},
			{"FPrice", "单价", decimal, "", line},
			{"FTaxPrice", "含税单价", decimal, "", line},
			{"FIsFree", "是否赠品", boolean, "", line},
			{"FEntryTaxRate", "税率%", decimal, "", line},
			{"FReturnType", "退货类型", base, "BOS_ASSISTANTDATA_SELECT", line},
			{"FOwnerTypeId", "货主类型", text, "", line},
			{"FOwnerId", "货主", base, "ORG_Organizations", line},
			{"FStockId", "仓库", base, "BD_STOCK", line},
			{"FNote", "备注", text, "", line},
			{"FAmount", "金额", decimal, "", line},
			{"FAllAmount", "价税合计", decimal, "", line},
		},
	}
}

// outStock has the fields that a sales-delivery query names in practice, so that it can be read.
func outStock() *formDef {
	d := &formDef{
		id: "SAL_OUTSTOCK", title: "销售出库单", pk: "FID", number: "FBillNo", entry: "FEntity", sub: "SubHeadEntity",
		property: "SAL_OUTSTOCKENTRY", prefix: "XSCKD",
		required: []string{"FBillTypeID", "FSaleOrgId", "FDate", "FStockOrgId", "FCustomerID", "FEntity", "FMaterialID", "FRealQty"},
		fields: []fieldDef{
			{"FBillNo", "单据编号", text, "", head},
			{"FBillTypeID", "单据类型", base, "BOS_BillType", head},
			{"FDate", "日期", date, "", head},
			{"FSaleOrgId", "销售组织", base, "ORG_Organizations", head},
			{"FStockOrgId", "发货组织", base, "ORG_Organizations", head},
			{"FCustomerID", "客户", base, "BD_Customer", head},
			{"FSettleOrgID", "结算组织", base, "ORG_Organizations", sub},
			{"FBillAllAmount", "价税合计", decimal, "", sub},
			{"FMaterialID", "物料编码", base, "BD_MATERIAL", line},
			{"FMustQty", "应发数量", decimal, "", line},
			{"FRealQty", "实发数量", decimal, "", line},
			{"FPrice", "单价", decimal, "", line},
			{"FTaxPrice", "含税单价", decimal, "", line},
			{"FIsFree", "是否赠品", boolean, "", line},
			{"FEntryTaxRate", "税率%", decimal, "", line},
			{"FEntryTaxAmount", "税额", decimal, "", line},
			{"FAmount", "金额", decimal, "", line},
			{"FAllAmount", "价税合计", decimal, "", line},
			{"FProduceDate", "生产日期", date, "", line},
			{"FExpiryDate", "有效期至", date, "", line},
			{"FStockID", "仓库", base, "BD_STOCK", line},
		},
	}
	for _, id := range []string{"FSaleDeptID", "FCarrierID", "FSalesGroupID", "FSalesManID", "FHeadLocationId", "FCorrespondOrgId", "FSettleTypeID", "FBranchId"} {
		d.fields = append(d.fields, fieldDef{id, id, base, "BOS_ASSISTANTDATA_SELECT", head})
	}
	for key := range strings.FieldsSeq("FCarriageNO FLinkPhone FLinkMan FReceiveAddress FReceiverAddress FReceiverName FReceiverMobile " +
		"FReceiverCountry FReceiverState FReceiverCity FReceiverDistrict FReceiverPhone FSHOPNUMBER FSALECHANNEL FVIPCODE FThirdBillNo FNote") {
		d.fields = append(d.fields, fieldDef{key, key, text, "", head})
	}
	for _, id := range []string{"FCustMatID", "FStockStatusID"} {
		d.fields = append(d.fields, fieldDef{id, id, base, "BOS_ASSISTANTDATA_SELECT", line})
	}
	for key := range strings.FieldsSeq("FBarcode FLot FMtoNo FEntrynote FSrcType FSrcBillNo FSoorDerno FDiscountRate FDiscount FPriceDiscount " +
		"FSOEntryId FB2CORDERDETAILID FThirdEntryId FETHIRDBILLID FETHIRDBILLNO FGYFINDate") {
		d.fields = append(d.fields, fieldDef{key, key, text, "", line})
	}
	return d
}
