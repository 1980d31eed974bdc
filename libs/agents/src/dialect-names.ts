function words(text: string): readonly string[] {
  return text.split(' ');
}

/** Names that models were trained with, by the name that a tool of this kind has here. */
export const toolAliases: Readonly<Record<string, readonly string[]>> = {
  read: words(
    'read_file file_read open_file open view view_file cat get_file get_file_contents get_file_content fetch_file_content show_file read_lines read_text_file read_code load_file readfile read_file_content read_file_contents',
  ),
  search: words(
    'grep search_files search_code code_search grep_search find codebase_search search_in_files rg ripgrep find_in_files semantic_search search_codebase search_file_content text_search grep_code search_repo file_search',
  ),
  list: words(
    'ls list_files list_dir list_directory dir tree list_folder glob list_files_in_directory read_dir read_directory',
  ),
  symbol: words(
    'find_symbol get_symbol go_to_definition find_definition definition symbol_search lookup_symbol search_symbols',
  ),
  graph: words('find_references references callers find_usages dependencies call_graph'),
  edit: words(
    'str_replace replace str_replace_editor str_replace_based_edit_tool edit_file replace_in_file apply_diff apply_patch patch modify_file update_file search_replace search_and_replace edit_code file_edit replace_string_in_file insert_edit_into_file',
  ),
  write: words(
    'write_file create_file write_to_file save_file create create_new_file new_file file_write overwrite_file add_file',
  ),
  run: words(
    'bash shell execute_command run_command exec execute terminal run_terminal_cmd run_in_terminal sh command cmd exec_command local_shell shell_command run_shell_command run_bash execute_bash run_terminal_command terminal_run execute_shell_command bash_command powershell zsh run_shell',
  ),
  todo: words('todo_write todowrite update_plan plan task_list write_todos update_todo_list manage_todo_list set_plan'),
  'ask-user': words('ask_user ask ask_followup_question ask_question question ask_human ask_user_question clarify'),
  remember: words('save_memory memory add_memory store_memory create_memory memorize update_memory'),
  'web-fetch': words(
    'web_fetch fetch fetch_url webfetch read_url browse http_get get_url url_fetch fetch_webpage open_url',
  ),
  'find-tools': words('find_tool tool_search search_tools list_tools'),
  task: words('delegate sub_agent subagent spawn_agent dispatch_agent agent new_task'),
  'use-skill': words('skill load_skill read_skill activate_skill'),
};

/** Parameters that mean the same. An argument goes to the first parameter of its group that the tool has and that is still free; the first name of a group is what a body is called that no parameter takes. */
export const argumentGroups: readonly (readonly string[])[] = [
  words(
    'path file_path filepath filename file_name file target_file absolute_path relative_path relative_workspace_path target uri directory dir folder dir_path directory_path folder_path pathname source_path location target_path paths files cwd workdir',
  ),
  words('command cmd line shell_command command_line commandline script bash shell cmdline code input commands'),
  words(
    'query q pattern search regex term search_query search_term keyword keywords text words search_pattern search_string query_string queries regexp string name',
  ),
  words('name symbol symbol_name function_name identifier function method class_name symbol_path query'),
  words('symbol symbol_name name function_name function identifier'),
  words(
    'old_text old_string old_str oldtext old search find before old_content original original_text search_text old_code text_to_replace',
  ),
  words(
    'new_text new_string new_str newtext new replace replacement after replace_text replacement_text new_code replace_with updated_text',
  ),
  words(
    'content contents text body code file_text data file_content new_content source diff patch code_edit new_file_content updated_content',
  ),
  words(
    'start_line startline start from line_start offset begin_line first_line from_line start_line_number start_line_one_indexed line line_number begin',
  ),
  words(
    'end_line endline end to line_end last_line to_line end_line_number end_line_one_indexed end_line_one_indexed_inclusive',
  ),
  words('url uri link address href webpage'),
  words('question text prompt message query ask'),
  words('options choices answers suggestions follow_up'),
  words('fact text content memory note value'),
  words('todos items tasks plan steps todo_list list todo'),
  words('timeout timeout_ms timeout_seconds time_limit'),
];

/** What bodies are called when no parameter takes them: the tools that write look for them under these names. */
export const bodyNames: Readonly<Record<string, string>> = {
  oldtext: 'oldText',
  newtext: 'newText',
  content: 'content',
};

/** Letters and digits only: `readFile`, `read_file` and `Read-File` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/gu, '');
}
