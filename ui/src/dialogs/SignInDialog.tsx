import { FormGroup, TextInput } from "@patternfly/react-core";
import { useState } from "react";
import { call, SignedOut } from "../api.ts";
import { FormDialog } from "./FormDialog.tsx";
import { useSubmit } from "./useSubmit.ts";

interface SignInDialogProps {
  /** The token to paste, and how to get it. */
  readonly hint: string;
  readonly close: () => void;
}

/** Signs in with a pasted token. The session is an HttpOnly cookie; the page stores nothing. */
export function SignInDialog({ hint, close }: SignInDialogProps) {
  const [token, setToken] = useState("");
  const submit = useSubmit(async () => {
    try {
      await call("POST session", { body: { token: token.trim() } });
    } catch (error) {
      throw error instanceof SignedOut ? new Error("The token was rejected.") : error;
    }
    location.reload();
  }, token);
  return (
    <FormDialog
      title="Sign in with a token"
      description={hint}
      submit="Sign in"
      missing={token.trim() === "" ? "Paste a token" : undefined}
      isPending={submit.isPending}
      error={submit.error}
      onSubmit={submit.run}
      close={close}
    >
      <FormGroup label="Token" fieldId="sign-in-token" isRequired>
        <TextInput
          id="sign-in-token"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(_event, value) => setToken(value)}
          isRequired
          autoFocus
        />
      </FormGroup>
    </FormDialog>
  );
}
