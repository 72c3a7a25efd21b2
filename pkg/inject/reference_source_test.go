package inject

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// engineRooms are the packages whose code, beside this one's, is the engine.
var engineRooms = []string{"pod", "podmerge", "mesh", "podtemplate", "rule", "replica", "inject"}

// engineSource is the engine's own code, by package and file: what a reference says
// there is has to be what the code reads.
func engineSource(t *testing.T) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	fset := token.NewFileSet()
	for _, room := range engineRooms {
		paths, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("package %s: %d files, %v", room, len(paths), err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			if files[room+"/"+filepath.Base(path)], err = parser.ParseFile(fset, path, nil, parser.ParseComments); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files
}

// eachCall calls f for every call of a file, with what is called in the last name.
func eachCall(file ast.Node, f func(name string, call *ast.CallExpr)) {
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch fun := call.Fun.(type) {
			case *ast.Ident:
				f(fun.Name, call)
			case *ast.SelectorExpr:
				f(fun.Sel.Name, call)
			}
		}
		return true
	})
}

// literals are the arguments of a call that are string literals.
func literals(args []ast.Expr) []string {
	var texts []string
	for _, arg := range args {
		if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// receives says whether a call is a method of a variable, or has it as its first
// argument.
func receives(call *ast.CallExpr, variable string) bool {
	is := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && id.Name == variable
	}
	if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
		return is(fun.X)
	}
	return len(call.Args) > 0 && is(call.Args[0])
}

// fieldDocs are the names, types and comments of the fields of a struct that others see.
func fieldDocs(t *testing.T, file *ast.File, name string) [][3]string {
	t.Helper()
	var docs [][3]string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		for _, field := range spec.Type.(*ast.StructType).Fields.List {
			text := strings.Join(strings.Fields(field.Doc.Text()), " ")
			if len(field.Names) != 1 || text == "" {
				t.Errorf("%s: a field has no comment of its own: %v", name, field.Names)
				continue
			}
			if !field.Names[0].IsExported() {
				continue
			}
			docs = append(docs, [3]string{field.Names[0].Name, shownType(field.Type), strings.TrimPrefix(text, field.Names[0].Name+" is ")})
		}
		return false
	})
	if len(docs) == 0 {
		t.Fatalf("no type %s", name)
	}
	return docs
}

func shownType(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return shownType(e.X)
	case *ast.SelectorExpr:
		return strings.TrimPrefix(e.Sel.Name, "V1")
	case *ast.Ident:
		return e.Name
	case *ast.MapType:
		return "map"
	}
	return ""
}

// sameKeys fails a test where two sets of names differ.
func sameKeys(t *testing.T, what string, documented, code []string) {
	t.Helper()
	slices.Sort(documented)
	slices.Sort(code)
	code = slices.Compact(code)
	for _, name := range documented {
		if !slices.Contains(code, name) {
			t.Errorf("%s: %s is documented, but the code does not know it", what, name)
		}
	}
	for _, name := range code {
		if !slices.Contains(documented, name) {
			t.Errorf("%s: the code knows %s, which is not documented", what, name)
		}
	}
}
