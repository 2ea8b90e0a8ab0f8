import { Dropdown, DropdownItem, DropdownList, MenuToggle } from "@patternfly/react-core";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import { useState } from "react";
import { call } from "../api.ts";
import { useApp } from "../context.ts";
import { useValue } from "../state/value.ts";

export function signOut(): void {
  void call("DELETE session").finally(() => location.reload());
}

/** The signed-in user; nothing without authentication. */
export function UserMenu() {
  const app = useApp();
  const me = useValue(app.me);
  const [isOpen, setOpen] = useState(false);
  if (me?.user === undefined) return null;
  return (
    <Dropdown
      isOpen={isOpen}
      onOpenChange={setOpen}
      onSelect={() => setOpen(false)}
      popperProps={{ position: "right", appendTo: "inline" }}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plainText"
          className="pw-user"
          aria-label={`Signed in as ${me.user}`}
          isExpanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          icon={<UserIcon />}
        >
          <span className="pw-wide">{me.user}</span>
        </MenuToggle>
      )}
    >
      <DropdownList>
        <DropdownItem
          isDisabled
          description={me.mode === "kubernetes" ? "Signed in with Kubernetes" : "Signed in with a token"}
        >
          {me.user}
        </DropdownItem>
        {me.signOut !== undefined && <DropdownItem onClick={signOut}>Sign out</DropdownItem>}
      </DropdownList>
    </Dropdown>
  );
}
