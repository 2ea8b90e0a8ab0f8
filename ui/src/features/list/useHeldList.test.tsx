// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Row } from "../../../../src/http/base/api-types.ts";
import { useHeldList } from "./useHeldList.ts";

afterEach(cleanup);

/** A list of buttons in the given order, labelled with row and state. */
function List({ rows, filter = "" }: { readonly rows: readonly Row[]; readonly filter?: string }) {
  const held = useHeldList({
    fresh: rows,
    idOf: ({ id }) => id,
    latest: (id) => rows.find((each) => each.id === id),
    key: filter,
  });
  return (
    <>
      <div data-testid="list" {...held.hold}>
        {held.items.map(({ id, state }) => (
          <button key={id} type="button">
            {id}:{state}
          </button>
        ))}
      </div>
      <button type="button" onClick={held.update}>
        {held.moved} would move
      </button>
    </>
  );
}

const row = (id: string, state: Row["state"] = "Failure"): Row => ({
  id,
  scope: "container",
  namespace: "shop",
  state,
});
const listed = () => [...screen.getByTestId("list").children].map((child) => child.textContent);
const moved = () => screen.getByText(/would move/).textContent;

it("applies each new order while neither pointer nor focus is in the list", () => {
  const { rerender } = render(<List rows={[row("a"), row("b")]} />);
  rerender(<List rows={[row("b"), row("a")]} />);
  expect(listed()).toEqual(["b:Failure", "a:Failure"]);
  expect(moved()).toBe("0 would move");
});

it("holds the order while the focus is in it, changes values in place, and keeps the focus", () => {
  const { rerender } = render(<List rows={[row("a"), row("b"), row("c")]} />);
  act(() => screen.getByText("b:Failure").focus());
  rerender(<List rows={[row("c"), row("a"), row("b", "Sent")]} />);
  expect(listed()).toEqual(["a:Failure", "b:Sent", "c:Failure"]);
  expect(document.activeElement?.textContent).toBe("b:Sent");
  expect(moved()).toBe("1 would move");
  act(() => (document.activeElement as HTMLElement).blur());
  expect(listed()).toEqual(["c:Failure", "a:Failure", "b:Sent"]);
});

it("holds the order under a mouse pointer, not under touch", () => {
  const { rerender } = render(<List rows={[row("a"), row("b")]} />);
  fireEvent.pointerEnter(screen.getByTestId("list"), { pointerType: "touch" });
  rerender(<List rows={[row("b"), row("a")]} />);
  expect(listed()[0]).toBe("b:Failure");
  fireEvent.pointerEnter(screen.getByTestId("list"), { pointerType: "mouse" });
  rerender(<List rows={[row("a"), row("b")]} />);
  expect(listed()[0]).toBe("b:Failure");
  fireEvent.pointerLeave(screen.getByTestId("list"));
  expect(listed()[0]).toBe("a:Failure");
});

it("keeps a removed row until Update order is used", () => {
  const { rerender } = render(<List rows={[row("a"), row("b")]} />);
  act(() => screen.getByText("a:Failure").focus());
  rerender(<List rows={[row("b")]} />);
  expect(listed()).toEqual(["a:Failure", "b:Failure"]);
  expect(moved()).toBe("1 would move");
  fireEvent.click(screen.getByText(/would move/));
  expect(listed()).toEqual(["b:Failure"]);
});

it("applies a new order at once when the query changes", () => {
  const { rerender } = render(<List rows={[row("a"), row("b")]} />);
  act(() => screen.getByText("a:Failure").focus());
  rerender(<List rows={[row("b")]} filter="b" />);
  expect(listed()).toEqual(["b:Failure"]);
});
