# How far $\mathrm{BSB1}(a,b)$ is from an eigenmatrix of $\mathrm{DOS}(u,v,w)$: the part of its image orthogonal to it, against the angle of $(a,b)$. It vanishes at the displayed
# eigenmatrices $(u-w,2v)$ and $(0,1)$ (blue), not at $(w-u,wv)$ (red).
u = setting("u") + 0; v = setting("v") + 0; w = setting("w") + 0
angle(a, b) = a == 0 ? 90 : atan(b / a) * 180 / pi
set title sprintf("Eigenmatrices of DOS(%s, %s, %s)", number("u"), number("v"), number("w"))
set xlabel "angle of (a, b), degrees"
set ylabel "residual of BSB1(a, b)"
set xrange [-90:90]
set xtics 30
set tmargin 5.5
set title offset 0,2.2
set arrow from angle(u - w, 2 * v), graph 0 to angle(u - w, 2 * v), graph 1 nohead linestyle 3 linewidth 1
set arrow from angle(w - u, w * v), graph 0 to angle(w - u, w * v), graph 1 nohead linestyle 2 dashtype 2
set label "(u−w, 2v)" at angle(u - w, 2 * v), graph 1.05 center textcolor rgb black
set label "(w−u, wv)" at angle(w - u, w * v), graph 1.05 center textcolor rgb black
plot table using "angle":"residual" with lines linestyle 1
