@echo off
rem Runs bidopt from its own environment; sets it up the first time.
if not exist "%~dp0.venv\Scripts\bidopt.exe" call "%~dp0setup.cmd" || exit /b 1
"%~dp0.venv\Scripts\bidopt.exe" %*
