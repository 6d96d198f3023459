@echo off
rem Sets bidopt up in .venv. Needs Python 3.11 or newer from python.org.
setlocal
chcp 65001 >nul
cd /d "%~dp0"
set "PY="
for %%P in ("py -3.13" "py -3.12" "py -3.11" "py -3" "python") do (
  if not defined PY %%~P -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul && set "PY=%%~P"
)
if not defined PY (
  echo bidopt needs Python 3.11 or newer: https://www.python.org/downloads/windows/
  echo bidopt 需要 Python 3.11 或更高版本，请先安装，安装时勾选 Add python.exe to PATH。
  exit /b 1
)
%PY% -m venv .venv || exit /b 1
.venv\Scripts\python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e . || exit /b 1
echo Done. Try: bidopt demo     安装完成，试试：bidopt demo
