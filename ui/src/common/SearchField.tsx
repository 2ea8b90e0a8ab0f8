import "@patternfly/react-styles/css/components/TextInputGroup/text-input-group.css";
import SearchIcon from "@patternfly/react-icons/dist/esm/icons/search-icon";
import TimesIcon from "@patternfly/react-icons/dist/esm/icons/times-icon";
import { useRef } from "react";
import { IconButton } from "./IconButton.tsx";

interface SearchFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Called for Enter. */
  readonly onSearch?: () => void;
  readonly id?: string;
}

/** The markup of PatternFly's search input; its component includes the menus of an advanced search. */
export function SearchField({ label, placeholder, value, onChange, onSearch, id }: SearchFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <search className="pf-v6-c-text-input-group pw-search">
      <div className="pf-v6-c-text-input-group__main pf-m-icon">
        <span className="pf-v6-c-text-input-group__text">
          <span className="pf-v6-c-text-input-group__icon">
            <SearchIcon />
          </span>
          <input
            ref={input}
            id={id}
            className="pf-v6-c-text-input-group__text-input"
            type="text"
            autoComplete="off"
            spellCheck={false}
            aria-label={label}
            placeholder={placeholder}
            value={value}
            onChange={(event) => onChange(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter") onSearch?.();
            }}
          />
        </span>
      </div>
      {value !== "" && (
        <div className="pf-v6-c-text-input-group__utilities">
          <IconButton
            label="Clear the search"
            icon={<TimesIcon />}
            onClick={() => {
              onChange("");
              input.current?.focus();
            }}
          />
        </div>
      )}
    </search>
  );
}
