package command

import "io"

// heldOutput holds the text until it may go out.
type heldOutput struct {
	held
	w     io.Writer
	close func() error
}

func (h *heldOutput) commit() error {
	defer h.discard()
	if err := h.writeTo(h.w); err != nil {
		return err
	}
	if h.close != nil {
		return h.close()
	}
	return nil
}

func (h *heldOutput) discard() {
	h.held.discard()
	if h.close != nil {
		_ = h.close() // a second time changes nothing
	}
}
