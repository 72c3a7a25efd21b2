package podtemplate

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// spare is behind the end of the lists that functions are given.
const spare = "spare"

// argumentsOf are values that pods could share, anew each time.
func argumentsOf() []any {
	list := append(make([]any, 0, 8), "c", "a", map[string]any{"k": "v"}, spare, spare)
	texts := append(make([]string, 0, 8), "c", "a", "b", spare, spare)
	return []any{
		list[:3], texts[:3], "b", "2", "1h", "a: b", `{"a": [1]}`, "", 2, 7, true, 1.5,
		map[string]any{"b": "1", "a": map[string]any{"x": "y", "z": list[:2]}},
		map[string]any{"a": map[string]any{"w": 1}, "c": list[:3]},
		map[string]string{"b": "1", "a": "2"},
		time.Unix(1_700_000_000, 0).UTC(), time.Hour,
		[]corev1.Container{{Name: "a"}},
		metav1.ObjectMeta{Name: "n", Annotations: map[string]string{"b": "1"}},
	}
}

// behind is what stands behind the end of the lists.
func behind(arguments []any) []any {
	list, texts := arguments[0].([]any), arguments[1].([]string)
	return []any{slices.Clone(list[:5]), slices.Clone(texts[:5])}
}

// TestListsOfFunctionsAreWhole calls every function with whatever it takes: what gives
// another result the second time has to be in the list of what is never remembered,
// what changes what it is given in that of what works on copies.
func TestListsOfFunctionsAreWhole(t *testing.T) {
	called, told := map[string]int{}, map[string]bool{}
	var kinds []reflect.Type
	for _, argument := range argumentsOf() {
		kinds = append(kinds, reflect.TypeOf(argument))
	}
	for name, f := range Functions(nil) {
		// Passwords take long on purpose.
		if Unrepeatable[name] || changing[name] || name == "derivePassword" {
			continue
		}
		fn := reflect.ValueOf(f)
		for n := range 4 {
			step := 1
			if n == 3 {
				step = 7 // not all of seven thousand
			}
			for combination := 0; combination < pow(len(kinds), n); combination += step {
				if !takes(fn.Type(), kinds, n, combination) {
					continue
				}
				var results [2][]any
				for again := range results {
					arguments := argumentsOf()
					given := make([]any, n)
					for i, c := 0, combination; i < n; i, c = i+1, c/len(kinds) {
						given[i] = arguments[c%len(kinds)]
					}
					results[again] = call(fn, given)
					called[name]++
					for _, result := range results[again] {
						if list, ok := result.([]any); ok {
							_ = appendTo(list, "more")
						}
					}
					if fresh := argumentsOf(); !reflect.DeepEqual(arguments, fresh) || !reflect.DeepEqual(behind(arguments), behind(fresh)) {
						t.Fatalf("%s changes what it is given: %v", name, given)
					}
				}
				if !reflect.DeepEqual(results[0], results[1]) && !told[name] {
					told[name] = true
					t.Errorf("%s gives another result each time: %v, %v", name, results[0], results[1])
				}
			}
		}
	}
	if len(called) < 150 {
		t.Errorf("%d functions were called", len(called))
	}
}

func pow(base, n int) int {
	result := 1
	for range n {
		result *= base
	}
	return result
}

// takes says whether a function takes the combination of n kinds of arguments.
func takes(fn reflect.Type, kinds []reflect.Type, n, combination int) bool {
	in := fn.NumIn()
	if n != in && !(fn.IsVariadic() && n >= in-1) {
		return false
	}
	for i, c := 0, combination; i < n; i, c = i+1, c/len(kinds) {
		wanted := fn.In(min(i, in-1))
		if fn.IsVariadic() && i >= in-1 {
			wanted = wanted.Elem()
		}
		if !kinds[c%len(kinds)].AssignableTo(wanted) {
			return false
		}
	}
	return true
}

// call is what a function gives for arguments, or what went wrong.
func call(fn reflect.Value, arguments []any) (results []any) {
	in := make([]reflect.Value, len(arguments))
	for i, argument := range arguments {
		in[i] = reflect.ValueOf(argument)
	}
	defer func() {
		if p := recover(); p != nil {
			results = []any{fmt.Sprint(p)}
		}
	}()
	for _, out := range fn.Call(in) {
		if err, ok := out.Interface().(error); ok {
			return []any{err.Error()}
		}
		results = append(results, out.Interface())
	}
	return results
}
