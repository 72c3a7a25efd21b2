// Package compiled carries out a template of text/template by closures that are made
// of it once. What the types of the data and the values that never change tell is
// settled while they are made: which field a name means, how values are compared and
// printed, which branch is taken.
//
// It does what is plain and nothing else. A pipeline that it does not know is left to
// text/template, with the dot and the variables as they are; and wherever something
// else comes than what is plain, above all an error, it gives up, for the whole
// template to be carried out by text/template, which says what is wrong.
package compiled

import (
	"bytes"
	"reflect"
	"sync"
)

// Program is a compiled template. It is safe for any number of goroutines.
type Program struct {
	body   step
	slots  int
	left   []string
	frames sync.Pool // of *Frame
}

// Left are the pipelines that were left to text/template.
func (p *Program) Left() []string { return p.left }

// Run gives the template's text for data; done is false where it gives up. goOn is asked
// before every round of a loop; its error is the end.
func (p *Program) Run(data any, goOn func() error) (text string, done bool, err error) {
	f, ok := p.frames.Get().(*Frame)
	if !ok {
		f = &Frame{slots: make([]slot, p.slots)}
	}
	f.data, f.goOn = reflect.ValueOf(data), goOn
	defer func() {
		if recover() != nil {
			// A function that a template calls may panic, which text/template makes an error.
			text, done, err = "", false, f.ended
		}
		f.release(p)
	}()
	p.body(f)
	return f.text.String(), true, nil
}

// Frame is one run of a program.
type Frame struct {
	data  reflect.Value
	text  bytes.Buffer
	slots []slot
	goOn  func() error
	ended error
}

// release keeps a frame for another run, without anything of this one but room for as
// much text, unless it was very much.
func (f *Frame) release(p *Program) {
	const most = 64 << 10
	if f.text.Cap() > most {
		return
	}
	clear(f.slots)
	f.text.Reset()
	f.data, f.goOn, f.ended = reflect.Value{}, nil, nil
	p.frames.Put(f)
}

// slot holds a variable, or a dot. Text stands by itself: in a value it would need
// memory of its own.
type slot struct {
	text  string
	value reflect.Value
}

// step writes what a node of the template gives.
type step func(*Frame) flow

// flow says how it goes on after a step.
type flow uint8

const (
	onwards flow = iota
	breaking
	continuing
)

// gaveUp is the panic that ends a run which text/template has to do.
type gaveUp struct{}

func giveUp() { panic(gaveUp{}) }

// round is called before every round of a loop.
func (f *Frame) round() {
	if f.goOn == nil {
		return
	}
	if f.ended = f.goOn(); f.ended != nil {
		giveUp()
	}
}

func inTurn(steps []step) step {
	switch len(steps) {
	case 0:
		return func(*Frame) flow { return onwards }
	case 1:
		return steps[0]
	}
	return func(f *Frame) flow {
		for _, s := range steps {
			if how := s(f); how != onwards {
				return how
			}
		}
		return onwards
	}
}
