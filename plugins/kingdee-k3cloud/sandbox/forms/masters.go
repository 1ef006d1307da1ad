package forms

import "fmt"

// Master is an object of base data that the simulated server begins with.
type Master struct {
	Form, Number string
	// Members are names and texts in turn.
	Members []string
}

// Masters gives the base data in the order in which it was made.
func Masters() []Master {
	all := []Master{
		{"ORG_Organizations", "100", []string{"FName", "沙箱总公司", "FOrgFormID", "101"}},
		{"ORG_Organizations", "101", []string{"FName", "沙箱分公司", "FOrgFormID", "101"}},
		// Kingdee's own kits test a connection by reading this currency's code.
		{"BD_Currency", "PRE001", []string{"FName", "人民币", "FCODE", "CNY"}},
		{"BD_Currency", "PRE007", []string{"FName", "美元", "FCODE", "USD"}},
		{"BOS_BillType", "XSTHD01_SYS", []string{"FName", "标准销售退货单", "FBillFormID", "SAL_RETURNSTOCK"}},
		{"BOS_BillType", "XSCKD01_SYS", []string{"FName", "标准销售出库单", "FBillFormID", "SAL_OUTSTOCK"}},
		{"BOS_ASSISTANTDATA_SELECT", "THLX01_SYS", []string{"FName", "退货", "FAssistantType", "退货类型"}},
		{"BOS_ASSISTANTDATA_SELECT", "THLX02_SYS", []string{"FName", "退货补货", "FAssistantType", "退货类型"}},
		{"BD_STOCK", "1", []string{"FName", "退货仓"}},
		{"BD_STOCK", "2", []string{"FName", "成品仓"}},
		{"BD_Supplier", "VEN00001", []string{"FName", "沙箱供应商"}},
		{"BD_UNIT", "Pcs", []string{"FName", "件"}},
		{"BD_Department", "BM000001", []string{"FName", "财务部"}},
		{"BD_Department", "BM000002", []string{"FName", "销售部"}},
		{"BD_Empinfo", "E0001", []string{"FName", "沙箱员工", "FMobile", "13800000001", "FEmail", "e0001@example.com"}},
		{"BD_Empinfo", "E0002", []string{"FName", "沙箱经理", "FMobile", "13800000002"}},
		{"BD_Empinfo", "E0003", []string{"FName", "沙箱新人", "FEmail", "e0003@example.com"}},
		{"BD_Empinfo", Left, []string{"FName", "沙箱离职", "FMobile", "13800000004"}},
		{"BD_Account", "1002", []string{"FName", "银行存款"}},
		{"BD_Expense", "CI001", []string{"FName", "差旅费"}},
		{"CN_BANKACNT", "6222000000000001", []string{"FName", "沙箱总公司基本户"}},
		{"CN_BANKACNT", "6222000000000002", []string{"FName", "沙箱总公司一般户"}},
	}
	for i := 1; i <= 5; i++ {
		all = append(all, Master{"BD_Customer", fmt.Sprintf("1000%d", i), []string{"FName", fmt.Sprintf("网店%d", i)}})
	}
	for i := 1; i <= 400; i++ {
		all = append(all, Master{"BD_MATERIAL", fmt.Sprintf("SKU-%04d", i), []string{
			"FName", fmt.Sprintf("商品%d", i), "FSpecification", fmt.Sprintf("规格%d", i%7), "FBarCode", fmt.Sprintf("69000000%05d", i),
		}})
	}
	return all
}

// Left is an employee who is disabled.
const Left = "E0004"

// Post is an employee's post in a department.
type Post struct {
	Employee, Department string
	First                bool
}

// Posts gives the posts of the employees in the order in which they were made. One has two.
func Posts() []Post {
	return []Post{{"E0001", "BM000001", true}, {"E0002", "BM000001", true}, {"E0002", "BM000002", false}, {"E0003", "BM000002", true}, {Left, "BM000001", true}}
}
